from trials.admin import conditions, quarantine, reveals, runs, trials

__all__ = ["conditions", "quarantine", "reveals", "runs", "trials"]

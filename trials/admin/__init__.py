from trials.admin import conditions, quarantine, runs, trials

__all__ = ["conditions", "quarantine", "runs", "trials"]

from trials.admin import conditions, learned_names, quarantine, reveals, runs, trials

__all__ = ["conditions", "learned_names", "quarantine", "reveals", "runs", "trials"]

from trials.admin import conditions, directory, learned_names, quarantine, reveals, runs, trials

__all__ = ["conditions", "directory", "learned_names", "quarantine", "reveals", "runs", "trials"]

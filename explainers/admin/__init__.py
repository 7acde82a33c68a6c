from explainers.admin import people, summaries

__all__ = ["people", "summaries"]

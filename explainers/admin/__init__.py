from explainers.admin import explainers, feedback, glossary, images, people, summaries

__all__ = ["explainers", "feedback", "glossary", "images", "people", "summaries"]

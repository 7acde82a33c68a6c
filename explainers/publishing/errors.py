class PublishingError(Exception):
    """The step is not possible now; the message is for the person who asked."""

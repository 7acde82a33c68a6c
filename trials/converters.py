"""What an NCT ID looks like in an address: any case; the views send other cases on to the one true address."""


class NctIdConverter:
    regex = r"[Nn][Cc][Tt][0-9]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value

"""Django mail through Alibaba Cloud DirectMail: signed, on record, never sent twice."""

__version__ = "0.1.0"

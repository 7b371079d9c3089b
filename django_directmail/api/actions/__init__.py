"""One frozen dataclass per API action, with its result, in modules by subject."""

"""What measurement scripts and Sonix+ import: `messangers`, `protocol_reader`, `logwatch`."""

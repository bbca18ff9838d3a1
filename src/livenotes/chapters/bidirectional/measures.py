"""What the ledger measures."""

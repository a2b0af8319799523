"""What the bot answers in chat."""

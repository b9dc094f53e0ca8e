"""What the registration office does with all kinds of people alike."""

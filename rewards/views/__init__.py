"""The pages of rewards, one module per subject."""

"""Every operator, forward and gradient side by side, a file a family."""

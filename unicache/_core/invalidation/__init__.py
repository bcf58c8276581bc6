"""What makes entries out of date: by key, tag and prefix, now, at a commit, or when the store is back."""

"""What the HTTP cache must do, as stories: one table for the policy alone and for every server model."""

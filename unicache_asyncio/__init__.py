"""unicache."""

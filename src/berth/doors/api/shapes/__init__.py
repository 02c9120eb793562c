"""The promised JSON, one module for each family. A promise to strangers does not change when a column does."""

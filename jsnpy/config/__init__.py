"""What a run is to do: a config, or a bare script, read into a RunConfig; positions, encodings, secrets, path rules."""

from jsnpy.config.loading import RunConfig, from_mapping, load, shown_path

__all__ = ["RunConfig", "from_mapping", "load", "shown_path"]

"""What a run is to do: a config, or a bare script, read into a RunConfig; positions, encodings, secrets, path rules."""

from jsnpy.config.loading import from_mapping, load
from jsnpy.config.run_config import RunConfig

__all__ = ["RunConfig", "from_mapping", "load"]

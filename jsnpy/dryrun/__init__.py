"""The dry run: an SMTP server inside jsnpy that catches every mail, shows it and keeps it in a folder with a page."""

from jsnpy.dryrun.server import CaughtMail, DryRun, readable

__all__ = ["CaughtMail", "DryRun", "readable"]

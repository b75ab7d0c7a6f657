"""The dry run: an SMTP server inside jsnpy that catches every mail, shows it and keeps it in a folder with a page."""

from jsnpy.dryrun.caught import CaughtMail
from jsnpy.dryrun.report import report
from jsnpy.dryrun.server import DryRun

__all__ = ["CaughtMail", "DryRun", "report"]

"""jsnpy runs the JavaScript alert scripts written for JsN unchanged, with send_email over smtplib."""

__version__ = "0.1.0"

"""Every field of send_email and of a config, with its meaning: the one source of the declarations and the schema."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Field:
    """One field of an object.

    Attributes:
        name: as scripts and configs write it.
        type: its TypeScript type.
        help: what it means, in a sentence or two.
        required: whether it must be given.
        examples: values an editor may offer.
        fields: the fields within it, where it is an object or an array of objects.
    """

    __slots__ = ("examples", "fields", "help", "name", "required", "type")

    def __init__(
        self,
        name: str,
        type_: str,
        help_: str,
        *,
        required: bool = False,
        examples: "Sequence[object]" = (),
        fields: "Sequence[Field]" = (),
    ) -> None:
        self.name = name
        self.type = type_
        self.help = help_
        self.required = required
        self.examples = examples
        self.fields = fields


ADDRESS = (
    Field("email", "string", "E-mail address.", required=True, examples=["admin@example.com"]),
    Field("name", "string | number | boolean", "Displayed name.", examples=["Admin"]),
)

ATTACHMENT = (
    Field("filename", "string", "Name the receiver sees. Default: the name of the file in path."),
    Field("content", "string", "The contents: text, or base64 with encoding. Either this or path."),
    Field(
        "encoding", '"utf-8" | "base64"', 'How content is to be read. Default: "utf-8".', examples=["utf-8", "base64"]
    ),
    Field("content_type", "string", "MIME type, as in text/csv. Default: by the ending of filename."),
    Field("cid", "string", 'Content-ID, for pictures that html shows with src="cid:...".'),
    Field("path", "string", "A file to attach, relative to the config's folder. Either this or content."),
)

TLS = (
    Field("verify", "boolean", "false: any certificate is good enough. Default: true.", examples=[True, False]),
    Field(
        "ca_file",
        "string",
        "PEM file of the CA, or of the server's own certificate, to trust instead of the system's CAs.",
    ),
    Field("min_version", '"1.2" | "1.3"', 'Oldest TLS version accepted. Default: "1.2".', examples=["1.2", "1.3"]),
    Field("server_name", "string", "Name the certificate must hold, where it is not host."),
    Field("cert_file", "string", "PEM file of this side's own certificate, for servers that want one."),
    Field("key_file", "string", "PEM file of its private key, where cert_file does not hold it too."),
)

_ADDRESSES = "Recipients | Recipients[]"

MAIL = (
    Field("host", "string", "SMTP server: name or address.", required=True, examples=["smtp.office365.com"]),
    Field(
        "port", "number | string", "SMTP port: 25, 465 (ssl) or 587 (starttls).", required=True, examples=[25, 465, 587]
    ),
    Field("user", "string | number", "User name. None or empty: no authentication."),
    Field("pass", "string | number", "Password, or an access token.", examples=["${ENV:SMTP_PASS}", "${OAUTH2}"]),
    Field(
        "ssl", "boolean", "true: TLS from the first byte, usually on port 465. Default: false.", examples=[True, False]
    ),
    Field(
        "starttls",
        "boolean",
        "true: STARTTLS required, usually on port 587; the mail never goes in clear text. Default: false.",
        examples=[True, False],
    ),
    Field("from", "Recipient", "Sender: { email, name } or an address.", required=True, fields=ADDRESS),
    Field(
        "to",
        _ADDRESSES,
        "Recipients: { email, name }, or addresses as text, or an array of both. Not needed where cc or bcc is given.",
        fields=ADDRESS,
    ),
    Field("subject", "string | number | boolean", "Subject; may be empty.", required=True),
    Field("body", "string | number | boolean", "Text of the mail; may be empty, and left out where html is given."),
    Field("cc", _ADDRESSES, "Recipients of a copy.", fields=ADDRESS),
    Field("bcc", _ADDRESSES, "Recipients of a copy that the others do not see.", fields=ADDRESS),
    Field("reply_to", _ADDRESSES, "Where replies go, if not to the sender.", fields=ADDRESS),
    Field(
        "envelope_from",
        "Recipient",
        'Where bounces go, "" for the empty sender. Default: from.',
        examples=["bounces@example.com", ""],
        fields=ADDRESS,
    ),
    Field("html", "string | number | boolean", "The mail as HTML, beside the text in body or instead of it."),
    Field("attachments", "Attachment[]", "Files to attach.", fields=ATTACHMENT),
    Field(
        "headers",
        "Record<string, string | number | boolean>",
        "Further headers, by name; not those made from other fields (From, To, Subject, Date, Content-...). "
        "Auto-Submitted is auto-generated unless it is given here.",
    ),
    Field("timeout", "number", "Seconds for the whole send, above 0. Default: 60.", examples=[60]),
    Field(
        "auth",
        '"plain" | "login" | "cram-md5" | "xoauth2" | "oauthbearer"',
        "Authentication mechanism; the last two take an access token in pass. Default: the best one the server offers.",
        examples=["plain", "login", "cram-md5", "xoauth2", "oauthbearer"],
    ),
    Field("tls", "Tls", "How certificates are verified.", fields=TLS),
    Field("helo", "string", "Name this machine greets with. Default: its host name, or its address."),
    Field(
        "keep_alive",
        "boolean",
        "true: later sends of this run to the same server may use the same session. Default: false.",
        examples=[True, False],
    ),
)

OAUTH2 = (
    Field(
        "provider",
        '"microsoft" | "google"',
        "Whose endpoints and scope are meant; URLs that are given here win.",
        examples=["microsoft", "google"],
    ),
    Field("tenant", "string", "Microsoft: the directory's id or domain.", examples=["contoso.onmicrosoft.com"]),
    Field(
        "cloud",
        '"global" | "usgov" | "usgov-dod" | "china"',
        "Microsoft: which of its clouds. Default: global.",
        examples=["usgov"],
    ),
    Field("client_id", "string", "The id that the application was registered with."),
    Field("client_secret", "string", "The application's secret (its Value).", examples=["${ENV:SMTP_SECRET}"]),
    Field("certificate", "string", "In place of a secret: PEM file with private key and certificate."),
    Field("assertion_file", "string", "In place of a secret: file with a signed assertion (workload identity)."),
    Field(
        "login",
        '"device" | "browser"',
        "A person logs in, once: jsnpy login CONFIG.",
        examples=["device", "browser"],
    ),
    Field("refresh_token", "string", "A refresh token from elsewhere.", examples=["${ENV:REFRESH_TOKEN}"]),
    Field("service_account", "string", "Google Workspace: the service account's key file, which acts for user."),
    Field("account", "string", "Who logs in, where user is a shared mailbox. Default: user."),
    Field(
        "token_url", "string", "The token endpoint of any other provider.", examples=["https://login.example.com/token"]
    ),
    Field("auth_url", "string", "Where a browser logs in."),
    Field("device_url", "string", "Where a code for another device is had."),
    Field("scope", "string", "What the token is to be good for."),
    Field(
        "client_auth",
        '"body" | "basic"',
        "How id and secret are sent. Default: body.",
        examples=["body", "basic"],
    ),
    Field(
        "params",
        "Record<string, string>",
        "What the endpoint is told besides.",
        examples=[{"audience": "https://mail"}],
    ),
    Field(
        "command",
        "string[]",
        "Another program that prints the token; no shell reads it.",
        examples=[["oama", "access", "me@example.com"]],
    ),
)

CONFIG = (
    Field(
        "scriptfile",
        "string",
        "The script to run, relative to this file's folder, else to the current one.",
        required=True,
        examples=["./alert.js"],
    ),
    Field("arg", "any", "What the script finds in its global arg: any value; {} if left out.", fields=MAIL),
    Field(
        "oauth2",
        "object",
        'How an access token is got, which takes the place of "${OAUTH2}" in pass.',
        fields=OAUTH2,
    ),
    Field(
        "include",
        "string[]",
        "Scripts that run before the script, in the same world: what they define is there for it.",
        examples=[["./lib.js"]],
    ),
    Field(
        "statefile",
        "string",
        "A file that keeps the script's global state from one run to the next, as JSON.",
        examples=["./alert.state.json"],
    ),
    Field("$schema", "string", "Where editors find the description of this file.", examples=["./jsnpy.schema.json"]),
)

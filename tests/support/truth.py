"""What "truthful" means for the result of a send over a link that breaks, and the check of it.

The server's count is the truth; the client can only know what reached it. So for every send:

- never more than one copy is accepted, and never more than one connection made;
- while the server's bytes reach the client unchanged: code 0 only if the server accepted the mail; if it did, the code
  is 0 or -10 and nothing else; -10 only after the client was told to go ahead (354) and so may have sent it all;
- where the server's whole answer to the final dot arrived before the link broke, the code is what that answer says;
- where bytes were changed on their way to the client, nobody can know what was said, and truthful is who believes the
  bytes that came: code 0 only if the answer to the final dot *as received* is a 2xx, whole and without contradiction;
  a code other than 0 and -10 only if the dot was not sent or the answer as received is a 4xx or 5xx; -10 otherwise.
  (With TLS a changed byte never arrives at all: there the first rule holds for every change.)

Besides: an error exactly where the code is not 0, no password in any text, no hang.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from support.faulty_link import DELAY, FLIP, RESET, TO_CLIENT, TO_SERVER

if TYPE_CHECKING:
    from jsnpy.smtp import SendResult
    from support.faulty_link import Fault, Passage

USER = "ann"
PASSWORD = "Tr0ub4dor&3"
_SECRETS = (
    PASSWORD,
    base64.b64encode(PASSWORD.encode()).decode(),
    base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode(),
)

_REPLY = re.compile(rb"([2-5][0-9][0-9])(?:([ -]).*|)\Z", re.DOTALL)
_DOT = b"\r\n.\r\n"


def replies(received: bytes) -> list[int | None]:
    """Return the codes of the whole replies in what a client received; None, and an end, for what is none.

    A reply whose lines have different codes counts as the last one's, unless that makes it a success: then it is None.
    """
    found: list[int | None] = []
    codes: list[int] = []
    for raw in received.split(b"\n")[:-1]:
        line = raw.rstrip(b"\r\n")
        if not line.strip():
            continue
        match = _REPLY.match(line)
        if match is None:
            return [*found, None]
        codes.append(int(match[1]))
        if match[2] != b"-":
            found.append(codes[-1] if len(set(codes)) == 1 or codes[-1] >= 400 else None)
            codes = []
    return found


def final_answer(passage: Passage) -> tuple[bool, int | None, int | None]:
    """Return whether the client sent its final dot, and what it received in answer to DATA and to the dot."""
    commands, data, message = bytes(passage.heard[TO_SERVER]).partition(b"DATA\r\n")
    answers = replies(bytes(passage.passed[TO_CLIENT]))
    number = commands.count(b"\r\n") + 1  # the greeting is the first reply
    go_ahead = answers[number] if data and len(answers) > number else None
    answer = answers[number + 1] if data and len(answers) > number + 1 else None
    return _DOT in message, go_ahead, answer


def disagreements(result: SendResult, accepted: int, *, corrupted: bool = False) -> list[str]:
    """Return what of a result goes against the server's count, in words, or should be in no result at all.

    Args:
        result: what the send returned.
        accepted: how many copies the server accepted.
        corrupted: whether the server's words were changed on their way, so that nobody can know what it said.
    """
    code = result.code
    wrong = []
    if accepted > 1:
        wrong.append(f"doubled: {accepted} copies")
    if (code == 0) != (result.error == ""):
        wrong.append(f"code {code} with error {result.error!r}")
    if "a fault of jsnpy itself" in result.error:
        wrong.append(f"fault: {result.error}")
    texts = "\n".join([result.log, result.error, str(result.details), *result.warnings])
    wrong += [f"leaked: {secret}" for secret in _SECRETS if secret in texts]
    if code == 0 and not accepted and not corrupted:
        wrong.append("lost: code 0, nothing accepted")
    if accepted and code not in (0, -10) and not corrupted:
        wrong.append(f"denied: code {code}, but accepted")
    return wrong


def complaints(
    result: SendResult, accepted: int, passages: list[Passage], fault: Fault, *, tls: bool = False
) -> list[str]:
    """Return what is untruthful about a result, in words; an empty list for a truthful one.

    Args:
        result: what the send returned.
        accepted: how many copies the server accepted.
        passages: what passed over the link's connections.
        fault: what went wrong there.
        tls: whether the link was encrypted, so that the bytes that passed cannot be read here.
    """
    code = result.code
    corrupted = fault.kind == FLIP and fault.direction == TO_CLIENT and not tls
    wrong = disagreements(result, accepted, corrupted=corrupted)
    if len(passages) > 1:
        wrong.append(f"doubled: {len(passages)} connections")
    if not passages or tls:
        return wrong
    dot_sent, go_ahead, answer = final_answer(passages[0])
    taken = answer is not None and answer // 100 == 2
    if corrupted:
        if code == 0 and not (dot_sent and go_ahead == 354 and taken):
            wrong.append(f"lost: code 0, but what came was {go_ahead} and {answer}")
        if code not in (0, -10) and dot_sent and not (answer is not None and answer >= 400):
            wrong.append(f"denied: code {code} after the dot, but what came was {answer}")
        return wrong
    if code == -10 and go_ahead != 354:
        wrong.append("unknown without need: -10 before the server said go ahead")
    if fault.kind not in (RESET, FLIP) and taken and code != 0:
        wrong.append(f"denied: code {code}, though the server's yes arrived")
    if fault.kind == DELAY and (answer is None or (code == 0) != taken):
        wrong.append(f"code {code} after a mere delay (answer {answer})")
    return wrong

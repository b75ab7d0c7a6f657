"""Whatever bytes come from outside, jsnpy ends in a result or an error of its own; more of it with `make fuzz`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fuzz_targets import SEEDS, TARGETS, polite_send

EXAMPLES = {
    "replies": 500,
    "sessions": 300,
    "fields": 400,
    "configs": 150,
    "bridge": 200,
    "natives": 100,
    "tokens": 200,
    "options": 200,
    "addresses": 300,
    "pages": 100,
    "states": 200,
}


@st.composite
def _mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Return a seed with a few pieces replaced, or bytes that have nothing to do with any."""
    data = bytearray(draw(st.sampled_from([*seeds, b""])))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 6))] = draw(st.binary(max_size=12))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """What the fuzzers start from is itself survived."""
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
def test_mutations(name: str) -> None:
    """Neither are variations of it, nor random bytes, a fault."""

    @settings(max_examples=EXAMPLES[name])
    @given(_mutated(SEEDS[name]))
    def feed(data: bytes) -> None:
        TARGETS[name](data)

    feed()


def test_the_polite_server_takes_the_mail() -> None:
    """The fuzzers' own server plays its part well enough for a success, without which they would test little."""
    assert 0 == polite_send().code

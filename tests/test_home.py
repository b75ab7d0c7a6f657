"""Where a `~` leads; for where it leads nowhere see command/test_commands.py and oauth/test_oauth_kept.py."""

import os
import sys

import pytest

from jsnpy.home import expanded


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no HOME and no list of accounts")
def test_without_home_the_accounts_folder_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that is started without HOME still has the home folder of its account."""
    import pwd

    monkeypatch.delenv("HOME", raising=False)
    assert os.path.join(pwd.getpwuid(os.getuid()).pw_dir, "x") == expanded("~/x")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guesses where the folder of another user would be")
def test_the_folder_of_another_user_needs_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this account has none, another's is found all the same."""
    import pwd

    monkeypatch.setenv("HOME", "")
    root = pwd.getpwuid(0)
    assert os.path.join(root.pw_dir, "x") == expanded(f"~{root.pw_name}/x")

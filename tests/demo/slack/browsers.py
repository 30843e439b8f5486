"""Headless Chromium, where there is one."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

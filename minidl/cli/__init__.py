"""The `minidl` command: a thin face on recipes and study."""


def main() -> None:
    """Run the command line."""
    from ..training.command_line import run_app
    from .commands import app

    run_app(app)

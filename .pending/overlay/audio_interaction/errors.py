"""The one exception a user can cause."""


class UserError(ValueError):
    """Bad input: the message says what was wrong, where, and what to do about it.

    The command line prints the message alone and exits with code 2; everything else is a bug and
    keeps its traceback.
    """

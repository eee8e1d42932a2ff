"""What the scenarios need from the system. A tool that is missing is an error, never a test less."""
import shutil


class Missing(Exception):
    pass


def need(program, package=None):
    path = shutil.which(program)
    if path is None:
        raise Missing(f"{program} is needed: apt-get install {package or program}")
    return path

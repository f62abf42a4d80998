"""The kernel's own refusal of network and programs, for code that Python's hooks cannot see.

A seccomp filter (Linux) as in seccomp(2): each instruction looks at the number of the system call about to be made.
"""

import ctypes
import errno
import platform


SET_NO_NEW_PRIVILEGES = 38  # prctl(2)
SET_SECCOMP = 22
FILTER_MODE = 2
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM  # the call fails with EPERM
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, ANSWER = 0x20, 0x15, 0x35, 0x06
NUMBER_OFFSET, ARCHITECTURE_OFFSET = 0, 4  # in struct seccomp_data
FOREIGN_NUMBERS = 0x40000000  # x32 calls on x86-64, numbered apart
# socket, connect, bind, listen, accept, sendto, execve, execveat, ptrace, process_vm_writev, io_uring_setup
REFUSED_CALLS = {
    "x86_64": (0xC000003E, (41, 42, 49, 50, 43, 44, 59, 322, 101, 311, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 201, 202, 206, 221, 281, 117, 271, 425)),
}


class Instruction(ctypes.Structure):
    """``struct sock_filter``."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction)))


def refuse_network_and_programs() -> bool:
    """Have the kernel refuse them to this process for good; whether it will."""
    if platform.system() != "Linux" or platform.machine() not in REFUSED_CALLS:
        return False
    architecture, calls = REFUSED_CALLS[platform.machine()]
    instructions = _instructions(architecture, calls)
    program = Program(len(instructions), (Instruction * len(instructions))(*instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(SET_SECCOMP, FILTER_MODE, ctypes.byref(program), 0, 0) == 0)


def _instructions(architecture: int, calls: tuple[int, ...]) -> list[Instruction]:
    checks = [
        Instruction(LOAD, 0, 0, ARCHITECTURE_OFFSET),
        Instruction(JUMP_IF_EQUAL, 1, 0, architecture),
        Instruction(ANSWER, 0, 0, REFUSE),
        Instruction(LOAD, 0, 0, NUMBER_OFFSET),
        Instruction(JUMP_IF_AT_LEAST, len(calls) + 1, 0, FOREIGN_NUMBERS),
    ]
    checks += [
        Instruction(JUMP_IF_EQUAL, len(calls) - position, 0, call) for position, call in enumerate(calls)
    ]
    return [*checks, Instruction(ANSWER, 0, 0, ALLOW), Instruction(ANSWER, 0, 0, REFUSE)]

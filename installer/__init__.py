"""How both sides get onto a machine: set up, test, run and measure, from one command.

`__main__` and what it imports run on a bare Debian 12 python3, with nothing but the standard library;
`inside` and what it imports run in the environment that they made.
"""

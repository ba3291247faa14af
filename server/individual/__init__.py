"""What holds for one person alone: arrangements, limits, a talk first, a lesson first.

Set by people, with a reason, ending on a date or by a person's word; what laptops are told of it is `facts`.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class SmallBoxArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id as OWASP's password storage guide advises: 19 MiB, two passes, one lane.

    Django's own setting takes 100 MiB for each sign-in: thirty at once would be 3 GiB.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1

"""OpenAPI: every operation says which errors it can answer, and in what shape."""

from drf_spectacular import openapi


class AutoSchema(openapi.AutoSchema):
    pass

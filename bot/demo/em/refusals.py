"""How the emulated EM says no: status codes and the error body (reference §10, §11)."""

from http import HTTPStatus

from bot.demo.em.trees import Element


class Refusal(Exception):
    """A request that EM refuses, with the status and the sentence of the error body."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def not_found(what: str) -> Refusal:
    """404: no such resource (reference §10); the real wording is unknown (§11)."""
    return Refusal(HTTPStatus.NOT_FOUND, f"{what} does not exist.")


def bad_request(message: str) -> Refusal:
    """400: a request that does not follow the documents (reference §9, §10)."""
    return Refusal(HTTPStatus.BAD_REQUEST, message)


def error_body(status: HTTPStatus, message: str) -> Element:
    """The Error element, as samples error-500.xml and error-400.json have it (reference §11)."""
    return Element(
        "Error",
        {"Message": message, "StatusCode": int(status), "Status": None},
        {"FirstChanceExceptionMessage": message, "StackTrace": None},
    )


def reason_phrase(status: HTTPStatus) -> str:
    """EM writes error names without spaces, `400 BadRequest` (reference §11)."""
    return status.phrase.replace(" ", "")

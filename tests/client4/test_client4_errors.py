"""What a failure says, in each form that it may have; and what the form alone tells of a system."""

from __future__ import annotations

from typing import Any

import pytest

from igz_apply.iguazio4 import client as package
from igz_apply.iguazio4.client import (
    Ambiguous,
    AnswerLost,
    BadRequest,
    ConfigurationError,
    Conflict,
    Failure,
    Forbidden,
    InvalidAnswer,
    Leader,
    NotFound,
    ProjectState,
    RateLimited,
    SentToLogin,
    Unauthorised,
    Unavailable,
    UnknownRoute,
    Unsupported,
    errors,
    is_iguazio4,
    platform_at,
)
from tests.client4.client4_plane import BASE, REFRESH, Clock, Plane, a_client, answering, failed, said

NO_ROUTE = {"code": 5, "message": "Not Found", "details": []}
V3 = {"errors": [{"status": 404, "detail": "nothing is here"}], "meta": {"ctx": "1234567890"}}


def the_error(answer: Any, status: int) -> errors.ControlPlaneError:
    with pytest.raises(errors.ControlPlaneError) as caught:
        a_client(answering(said(answer, status))).project("churn")
    return caught.value


def test_the_words_and_the_context_of_an_envelope_are_told() -> None:
    error = the_error({"status": {"ctx": "5c0e2f", "statusCode": 404, "errorMessage": "project\n not found"}}, 404)
    assert type(error) is NotFound
    assert str(error) == "Not found: project not found (GET v1/projects/projects/churn, status 404, ctx 5c0e2f)"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (403, Forbidden),
        (404, NotFound),
        (405, UnknownRoute),
        (409, Conflict),
        (418, BadRequest),
        (500, Unavailable),
        (501, UnknownRoute),
    ],
)
def test_a_status_has_a_class_of_its_own(status: int, kind: type[Exception]) -> None:
    error = the_error({"status": {"errorMessage": "no", "ctx": "c-9"}}, status)
    assert (type(error), error.details, error.ctx) == (kind, ("no",), "c-9")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (NO_ROUTE, UnknownRoute, ("Not Found",)),
        ({"code": 5, "message": "project churn not found"}, NotFound, ("project churn not found",)),
        ({"detail": "Not Found"}, UnknownRoute, ("Not Found",)),
        ({"detail": {"reason": "MLRunNotFoundError('no churn')"}}, NotFound, ("MLRunNotFoundError('no churn')",)),
        ({"detail": "Project churn not found"}, NotFound, ("Project churn not found",)),
        (V3, NotFound, ("nothing is here",)),
        ({"status": {"statusCode": 404}}, NotFound, ()),
        (b"", UnknownRoute, ("the answer is empty",)),
        (
            b"404 page not found",
            UnknownRoute,
            ("the answer is not in a form of this API, and begins: 404 page not found",),
        ),
        (b"<html>\n<b>nginx</b>", UnknownRoute, ("the answer is HTML, and begins: <html> <b>nginx</b>",)),
        ({"other": 1}, UnknownRoute, ('the answer is not in a form of this API, and begins: {"other": 1}',)),
        (["x"], UnknownRoute, ('the answer is not in a form of this API, and begins: ["x"]',)),
    ],
)
def test_a_404_is_that_of_a_resource_only_where_the_api_says_so(body: Any, kind: type, words: Any) -> None:
    error = the_error(body, 404)
    assert (type(error), error.details) == (kind, words)
    assert not (isinstance(error, UnknownRoute) and isinstance(error, NotFound))


def test_the_gateway_says_what_it_did_not_understand() -> None:
    error = the_error(
        {"code": 3, "message": 'proto: unknown field "spec"', "details": [{"token": "t-0123456789"}]}, 400
    )
    assert type(error) is BadRequest
    assert error.details == ('proto: unknown field "spec"', '[{"token": "***"}]')


@pytest.mark.parametrize("body", [{"detail": [{"loc": ["body"], "msg": "missing"}]}, {"detail": {"a": 1}}])
def test_what_mlrun_says_in_other_forms_is_told_as_it_is(body: Any) -> None:
    assert type(the_error(body, 422)) is BadRequest
    assert "missing" in str(the_error(body, 422)) or '{"a": 1}' in str(the_error(body, 422))


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_login_page_is_named(status: int) -> None:
    assert type(the_error(b"", status)) is SentToLogin


def test_another_redirect_is_not_followed() -> None:
    assert type(the_error(b"", 301)) is InvalidAnswer


@pytest.mark.parametrize("body", [b"<html>login</html>", b"{", b'"text"', {"status": {"statusCode": 404}}])
def test_a_success_that_is_none_is_no_answer(body: Any) -> None:
    assert type(the_error(body, 200)) is InvalidAnswer


@pytest.mark.parametrize("status", [200, 201, 202, 204])
@pytest.mark.parametrize("body", [None, {}, {"status": {"statusCode": 200}}])
def test_a_success_need_not_say_anything(status: int, body: Any) -> None:
    client = a_client(answering(said(body, status)))
    assert client.delete_user("ada") == client.enable_user("ada") == (body or {})


def test_a_pause_that_is_asked_for_is_kept() -> None:
    clock = Clock()
    busy = said({"status": {"errorMessage": "slowly"}}, 429, retry_after="7")
    a_client(answering(busy, said(INFO)), clock).system_info()
    assert 7.0 in clock.slept
    with pytest.raises(RateLimited, match="slowly"):
        a_client(answering(busy), Clock(), retries=0).system_info()


INFO = {"metadata": {"id": "systeminfo"}}


def test_an_error_tree_names_every_error() -> None:
    tree = errors.__doc__ or ""
    found = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert {name for name in found if name not in tree} == set()
    assert found == set(errors.__all__)
    assert found <= set(package.__all__)


def probed(*answers: Any) -> tuple[Leader, list[str]]:
    plane = answering(*answers)
    return a_client(plane).probe_leader(), plane.lines


@pytest.mark.parametrize("status", [400, 403, 404])
def test_the_project_service_leads_where_it_answers_for_itself(status: int) -> None:
    leader, lines = probed(failed(status))
    assert (leader, lines) == (Leader.ORCA, [f"GET v1/projects/projects/{'x' * 64}"])


def test_it_leads_too_where_the_gateway_speaks_for_it() -> None:
    assert probed(said({"code": 5, "message": "no such project"}, 404))[0] is Leader.ORCA


def test_mlrun_leads_where_the_gateway_has_no_such_route() -> None:
    assert probed(said(NO_ROUTE, 404))[0] is Leader.MLRUN


@pytest.mark.parametrize(
    "page", [said(b"<html>", 404), said(b"<html>dashboard", 200), said({"detail": "Not Found"}, 404)]
)
def test_mlrun_leads_where_a_page_stands_for_a_route_of_an_api_that_answers(page: Any) -> None:
    leader, lines = probed(page, page, said({"metadata": {"username": "ada"}}))
    assert leader is Leader.MLRUN
    assert lines[2:] == ["GET v1/authentication/self"]


def test_a_page_that_comes_but_once_says_nothing() -> None:
    assert probed(said(b"", 404), failed(404))[0] is Leader.ORCA
    assert probed(said(b"<html>", 200), said(NO_ROUTE, 404))[0] is Leader.MLRUN


@pytest.mark.parametrize(
    "answers",
    [
        (said(b"<html>", 404),),
        (said(b"<html>", 200),),
        (said({"metadata": {"name": "x" * 64}}),),
        (said(b"blocked", 403),),
        (said({"detail": "no churn"}, 404),),
        (said({"code": 7, "message": "no"}, 403),),
    ],
)
def test_what_fits_neither_is_an_error(answers: Any) -> None:
    with pytest.raises(Ambiguous, match="It cannot be told whether the project service or MLRun leads the projects: "):
        probed(*answers)


@pytest.mark.parametrize("answer", [failed(500), said(b"<html>", 502), Failure("the line is down", sent=False)])
def test_trouble_on_the_way_tells_nothing_of_the_leader(answer: Any) -> None:
    with pytest.raises(Unavailable):
        probed(answer)


def verdict_of(answer: Any, **options: Any) -> Any:
    plane = Plane(refused=answer)
    clock = Clock()
    backoff = package.Backoff(sleep=clock.sleep, now=clock, date=clock)
    verdict = platform_at(BASE, transport=plane, backoff=backoff, **options)
    assert is_iguazio4(BASE, transport=plane, backoff=backoff, **options) is verdict.is_iguazio4
    assert [(each.line, each.body, "Authorization" in each.headers) for each in plane.asked[:1]] == [
        (f"POST {REFRESH}", {"refreshToken": "no-token"}, False)
    ]
    return verdict


@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_iguazio_4_is_known_by_how_it_refuses_a_token(status: int) -> None:
    assert verdict_of(failed(status)).is_iguazio4 is True


@pytest.mark.parametrize("status", [401, 404])
def test_so_is_an_iguazio_3(status: int) -> None:
    assert verdict_of(said(V3, status)).is_iguazio4 is False


@pytest.mark.parametrize(
    "answer",
    [
        said(NO_ROUTE, 404),
        said(b"<html>", 404),
        said(b"<html>", 401),
        said(b"", 302),
        said({"spec": {"accessToken": "a"}}),
        failed(500),
        Failure("the line is down", sent=False),
    ],
)
def test_of_anything_else_it_cannot_be_told_and_why_is_said(answer: Any) -> None:
    verdict = verdict_of(answer, retries=0)
    assert verdict.is_iguazio4 is None
    assert len(verdict.words) > 30


def test_what_is_no_address_is_no_verdict() -> None:
    with pytest.raises(ConfigurationError):
        is_iguazio4("ftp://x")


def test_a_create_whose_answer_is_lost_is_not_repeated_and_what_replaces_is() -> None:
    lost = Failure("the line is down", sent=True)

    def calls_of(act: Any) -> int:
        plane = answering(lost)
        with pytest.raises(errors.ControlPlaneError) as caught:
            act(a_client(plane, retries=2))
        assert isinstance(caught.value, AnswerLost) == (len(plane.calls) == 1)
        return len(plane.calls)

    once, again = 1, 3
    assert calls_of(lambda c: c.create_user("ada", first_name="A", last_name="L")) == once
    assert calls_of(lambda c: c.create_group("g")) == once
    assert calls_of(lambda c: c.create_project_policies("churn")) == once
    assert calls_of(lambda c: c.create_project("churn")) == once
    whole: dict[str, Any] = {"prev_op_id": "1", "owner": "ada", "description": "", "labels": {}, "annotations": {}}
    assert calls_of(lambda c: c.set_project_state("churn", ProjectState.ARCHIVED, **whole)) == once
    assert calls_of(lambda c: c.mlrun_patch_project("churn", {})) == once
    assert calls_of(lambda c: c.delete_project("churn")) == once
    assert calls_of(lambda c: c.mlrun_create_project({"metadata": {"name": "churn"}})) == once
    assert calls_of(lambda c: c.mlrun_delete_project("churn")) == once
    assert calls_of(lambda c: c.assign_groups("ada", [])) == again
    assert calls_of(lambda c: c.assign_members("g-1", [])) == again
    assert calls_of(lambda c: c.disable_user("ada")) == again
    assert calls_of(lambda c: c.set_owner("churn", "ada")) == again
    assert calls_of(lambda c: c.delete_user("ada")) == again


def test_a_delete_that_finds_nothing_after_a_lost_answer_has_done_it() -> None:
    lost = Failure("the line is down", sent=True)
    assert a_client(answering(lost, failed(404))).delete_user("ada") == {}
    with pytest.raises(NotFound):
        a_client(answering(failed(404))).delete_user("ada")
    with pytest.raises(Unsupported):
        a_client(answering(lost, said(NO_ROUTE, 404))).delete_user("ada")


def test_who_is_unknown_is_told_in_the_words_of_this_platform() -> None:
    plane = Plane(lambda _: failed(401))
    with pytest.raises(Unauthorised, match="Check the offline token or the service account"):
        a_client(plane).whoami()

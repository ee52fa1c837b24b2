"""The errors under the names that the published SDK gives them, for scripts that catch those."""

from __future__ import annotations

from igz_apply.controlplane.errors import (
    AppServiceNotFound,
    ConfigurationError,
    MemberAlreadyInProject,
    NotFound,
    Unsupported,
    UserInPrimaryGroup,
)

AppServiceNotExistsException = AppServiceNotFound
MemberAlreadyExistsInProject = MemberAlreadyInProject
ResourceDeleteException = Unsupported
ResourceGetException = Unsupported
ResourceListException = Unsupported
ResourceNotFoundException = NotFound
ResourceNotInitializedError = ConfigurationError
ResourceUpdateException = Unsupported
UserIsInPrimaryGroupError = UserInPrimaryGroup

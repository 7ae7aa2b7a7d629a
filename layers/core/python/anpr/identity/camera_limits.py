"""Which cameras a user or a key is limited to, and the groups that cameras are given out by.

Who has no limit sees every camera. Who has one sees the cameras it grants, by themselves or through a group, and
nothing where it grants none. An administrator has no limit: who may lift a limit is not held by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit
from anpr.audit import Action, Actor
from anpr.errors import Conflict, NotFound, Unprocessable
from anpr.identity.scopes import CameraScope
from anpr.models import Camera, CameraGrant, CameraGroup, CameraGroupMember, CameraLimit, Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """The cameras of a limit: named one by one, and by group."""

    camera_ids: frozenset[UUID] = frozenset()
    group_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """A group and the cameras in it."""

    id: UUID
    name: str
    camera_ids: frozenset[UUID]


def of_user(session: Session, user_id: UUID) -> CameraScope:
    """The cameras that a user's limit grants; None where there is none."""
    return _scope(session, CameraLimit.user_id == user_id)


def seen_by(session: Session, user: User) -> CameraScope:
    """The cameras that a user may see now; None for all. An administrator sees all, whatever limit was left behind."""
    return None if user.role is Role.ADMIN else of_user(session, user.id)


def of_key(session: Session, key_id: UUID) -> CameraScope:
    """The cameras that a key is limited to, besides those of its owner; None for no limit."""
    return _scope(session, CameraLimit.api_key_id == key_id)


def get(session: Session, user_id: UUID) -> Grants | None:
    """Tell what a user's limit grants; None for no limit.

    Raises:
        NotFound: there is no such user.
    """
    _user(session, user_id)
    return _grants(session, CameraLimit.user_id == user_id)


def change(session: Session, actor: Actor, user_id: UUID, grants: Grants | None) -> None:
    """Limit a user to some cameras; None lifts the limit. It acts from the user's next request on.

    Raises:
        NotFound: there is no such user.
        Conflict: the user is an administrator.
        Unprocessable: it grants a camera or a group that does not exist.
    """
    user = _user(session, user_id)
    if grants is not None and user.role is Role.ADMIN:
        raise Conflict("An administrator sees every camera; give the user another role first.")
    session.execute(delete(CameraLimit).where(CameraLimit.user_id == user_id))
    if grants is not None:
        _store(session, CameraLimit(user_id=user_id), grants)
    audit.record(session, actor, Action.USER_CAMERAS_CHANGED, f"user:{user_id}", detail=_detail(grants))


def limit_key(session: Session, key_id: UUID, grants: Grants) -> None:
    """Limit a new key to some cameras.

    Raises:
        Unprocessable: it grants a camera or a group that does not exist.
    """
    _store(session, CameraLimit(api_key_id=key_id), grants)


def find_groups(session: Session) -> list[Group]:
    """List the groups by name."""
    rows = session.execute(
        select(
            CameraGroup.id,
            CameraGroup.name,
            func.array_agg(CameraGroupMember.camera_id).filter(CameraGroupMember.camera_id.is_not(None)),
        )
        .outerjoin(CameraGroupMember, CameraGroupMember.group_id == CameraGroup.id)
        .group_by(CameraGroup.id)
        .order_by(CameraGroup.name)
    )
    return [Group(group_id, name, frozenset(cameras or ())) for group_id, name, cameras in rows]


def create_group(session: Session, actor: Actor, name: str, camera_ids: frozenset[UUID]) -> Group:
    """Make a group of cameras.

    Raises:
        Conflict: the name is taken.
        Unprocessable: a camera does not exist.
    """
    group_id = session.scalar(
        insert(CameraGroup)
        .values(id=uuid4(), name=name)
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(CameraGroup.id)
    )
    if group_id is None:
        raise Conflict(f"There is a camera group named {name!r} already.")
    _set_members(session, group_id, camera_ids)
    audit.record(
        session,
        actor,
        Action.CAMERA_GROUP_CREATED,
        f"camera_group:{group_id}",
        detail={"name": name, "cameras": camera_ids},
    )
    return Group(group_id, name, camera_ids)


def change_group(session: Session, actor: Actor, group_id: UUID, camera_ids: frozenset[UUID]) -> Group:
    """Replace the cameras of a group; whoever is limited to the group sees the new ones from now on.

    Raises:
        NotFound: there is no such group.
        Unprocessable: a camera does not exist.
    """
    group = session.get(CameraGroup, group_id, with_for_update=True)
    if group is None:
        raise NotFound(f"There is no camera group {group_id}.")
    session.execute(delete(CameraGroupMember).where(CameraGroupMember.group_id == group_id))
    _set_members(session, group_id, camera_ids)
    audit.record(
        session, actor, Action.CAMERA_GROUP_CHANGED, f"camera_group:{group_id}", detail={"cameras": camera_ids}
    )
    return Group(group_id, group.name, camera_ids)


def delete_group(session: Session, actor: Actor, group_id: UUID) -> None:
    """Remove a group. Whoever was limited to it alone sees nothing from now on.

    Raises:
        NotFound: there is no such group.
    """
    name = session.scalar(delete(CameraGroup).where(CameraGroup.id == group_id).returning(CameraGroup.name))
    if name is None:
        raise NotFound(f"There is no camera group {group_id}.")
    audit.record(session, actor, Action.CAMERA_GROUP_DELETED, f"camera_group:{group_id}", detail={"name": name})


def _scope(session: Session, holder: ColumnElement[bool]) -> CameraScope:
    rows: Sequence[UUID | None] = session.scalars(
        select(func.coalesce(CameraGrant.camera_id, CameraGroupMember.camera_id))
        .select_from(CameraLimit)
        .outerjoin(CameraGrant, CameraGrant.limit_id == CameraLimit.id)
        .outerjoin(CameraGroupMember, CameraGroupMember.group_id == CameraGrant.group_id)
        .where(holder)
    ).all()
    # A limit without grants is one row without a camera; no limit is no row.
    return frozenset(camera_id for camera_id in rows if camera_id is not None) if rows else None


def _grants(session: Session, holder: ColumnElement[bool]) -> Grants | None:
    rows: Sequence[tuple[UUID | None, UUID | None]] = [
        (camera_id, group_id)
        for camera_id, group_id in session.execute(
            select(CameraGrant.camera_id, CameraGrant.group_id)
            .select_from(CameraLimit)
            .outerjoin(CameraGrant, CameraGrant.limit_id == CameraLimit.id)
            .where(holder)
        )
    ]
    if not rows:
        return None
    return Grants(
        camera_ids=frozenset(camera_id for camera_id, _ in rows if camera_id is not None),
        group_ids=frozenset(group_id for _, group_id in rows if group_id is not None),
    )


def _store(session: Session, limit: CameraLimit, grants: Grants) -> None:
    _check_cameras(session, grants.camera_ids)
    groups = session.scalars(select(CameraGroup.id).where(CameraGroup.id.in_(grants.group_ids))).all()
    _refuse_unknown("camera group", grants.group_ids - set(groups))
    session.add(limit)
    session.flush()
    session.add_all(CameraGrant(limit_id=limit.id, camera_id=camera_id) for camera_id in grants.camera_ids)
    session.add_all(CameraGrant(limit_id=limit.id, group_id=group_id) for group_id in grants.group_ids)
    session.flush()


def _set_members(session: Session, group_id: UUID, camera_ids: frozenset[UUID]) -> None:
    _check_cameras(session, camera_ids)
    session.add_all(CameraGroupMember(group_id=group_id, camera_id=camera_id) for camera_id in camera_ids)
    session.flush()


def _check_cameras(session: Session, camera_ids: frozenset[UUID]) -> None:
    found = session.scalars(select(Camera.id).where(Camera.id.in_(camera_ids))).all()
    _refuse_unknown("camera", camera_ids - set(found))


def _refuse_unknown(what: str, ids: frozenset[UUID]) -> None:
    if ids:
        raise Unprocessable(f"There is no {what} {min(ids)}.", unknown=sorted(map(str, ids)))


def _user(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    return user


def _detail(grants: Grants | None) -> dict[str, object]:
    if grants is None:
        return {"limited": False}
    return {"limited": True, "cameras": sorted(grants.camera_ids), "groups": sorted(grants.group_ids)}

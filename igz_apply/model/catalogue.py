"""Every rule that igz-apply holds: its code, what it needs to know, and the earliest command that can tell.

A problem belongs to the rule that has its summary. Codes are stable: one that is given stays with its rule, and is not
given again when the rule goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from igz_apply.values import dataclass

Stage = Literal["command line", "validate", "plan", "apply"]
STAGES: Mapping[Stage, str] = MappingProxyType(
    {
        "command line": "before anything is read, from the command, its options, the environment and the config",
        "validate": "offline, from manifests, policies and the config alone",
        "plan": "once the cluster and the inventory have been read, with nothing sent",
        "apply": "before anything is sent, by what applies a plan, since only that can know it",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `meaning` says what is wrong and what to do, in full sentences, for whoever asks `explain`."""

    code: str  # IGZ-101
    summary: str  # as problems have it
    needs: str  # what has to be known to tell, "a file" or "live state"
    stage: Stage  # the earliest that can know that
    meaning: str
    warns: bool = False  # whether it may be told as a warning, which the config's `severity` and --strict settle


def rule_of(summary: str) -> Rule | None:
    """Return the rule that problems of this summary belong to; a test holds that each of igz-apply's own has one."""
    return _BY_SUMMARY.get(summary)


def rule_named(code: str) -> Rule | None:
    """Return the rule of a code, in whatever case it is written; None when there is none."""
    return _BY_CODE.get(code.upper())


def _rules(needs: str, stage: Stage, *rows: tuple[int, str, str] | tuple[int, str, str, bool]) -> tuple[Rule, ...]:
    """Return rules that need to know the same: number, summary, meaning, and whether it may be a warning."""
    return tuple(
        Rule(f"IGZ-{number}", summary, needs, stage, meaning, *warns) for number, summary, meaning, *warns in rows
    )


_WARNS = True
_COMMAND_LINE = "the command line, the config and the environment"

RULES: tuple[Rule, ...] = (
    *_rules(
        "a file",
        "validate",
        (
            101,
            "Broken YAML",
            "The file is not YAML or JSON that can be read. The place is where reading it failed; correct it there.",
        ),
        (
            102,
            "Duplicate key",
            "A key stands twice in one mapping, so that one of the two values would be lost. Keep one.",
        ),
        (
            103,
            "Ambiguous number",
            "YAML 1.1 and 1.2 read the number differently, 017 for example. Quote it, or write it in decimals.",
        ),
        (
            104,
            "Tag not allowed",
            "A YAML tag, such as `!vault`, asks for something other than plain values. Take it out.",
        ),
        (
            105,
            "Key is not text",
            "A key is a list, a mapping or no text; often a template that was not rendered. Quote it.",
        ),
        (106, "Bad merge", "`<<` merges mappings, and was given something else."),
        (107, "Unknown alias", "An alias names an anchor that does not stand before it in the same document."),
        (108, "Endless alias", "An alias stands inside what it stands for, which would never end."),
        (
            109,
            "Too many aliases",
            "The aliases of a document stand for more than 10,000 values. Write them out, or split the file.",
        ),
        (110, "Nested too deep", "Values lie inside each other more than 64 levels deep, which no manifest needs."),
        (111, "Wrong encoding", "The file is not UTF-8 text. Save it as UTF-8."),
        (112, "Invisible character", "The file holds a control character that no editor shows. Remove it."),
        (
            113,
            "File too large",
            "The file has more than 32 MiB. Split it, or list it under `ignore` in the config.",
        ),
        (
            114,
            "Document too large",
            "One document has more than 1,048,576 characters. Split the file, or correct what made it so large.",
        ),
        (
            115,
            "Empty file",
            (
                "The file holds no document. An empty file is never taken for a wish to delete. Write a manifest into "
                "it, or remove it."
            ),
        ),
        (
            116,
            "Given up",
            (
                "More than 20 documents of the file are broken, so that the rest of it was not read. Correct what "
                "was told first."
            ),
        ),
        (
            117,
            "No manifests",
            "A folder holds no manifest at all. Nothing is ever concluded from that: correct the path.",
        ),
        (
            118,
            "No such file",
            "There is no file or folder of that name. Correct the path, or the config's `manifests`.",
        ),
        (119, "No regular file", "The path leads to a pipe, a socket or a device, which might never end."),
        (120, "Folder loop", "A link leads back to a folder that it lies in."),
        (121, "File name is not text", "The name of the file is not UTF-8. Rename it."),
        (
            122,
            "Hidden file",
            (
                "A file whose name begins with a dot is easily overlooked. Rename it, or list it under `ignore` in the "
                "config."
            ),
        ),
        (123, "Cannot read", "The system refuses to let the file be read. Check that it exists and who may read it."),
    ),
    *_rules(
        "a manifest",
        "validate",
        (
            201,
            "Not a manifest",
            (
                "The document does not begin as manifests do. Write its apiVersion, or list the file under `ignore` in "
                "the config."
            ),
        ),
        (202, "Unknown kind", "There is no kind of that name. `igz-apply explain` lists the kinds."),
        (
            203,
            "Unknown field",
            (
                "The field does not exist there. `igz-apply explain KIND` lists the fields; it may be one that another "
                "field holds, or be misspelt."
            ),
            _WARNS,
        ),
        (204, "Missing field", "The manifest does not state a field that it needs."),
        (
            205,
            "Wrong type",
            (
                "The value is of another type than the field takes, a number where text belongs for example. Numbers "
                "that are names are quoted."
            ),
        ),
        (
            206,
            "Not an allowed value",
            "The field takes certain values, or values of a certain form, and this is none of them.",
            _WARNS,
        ),
        (
            207,
            "Unknown value",
            "The value is none of those that are known, though newer platforms may know it. It is passed on as it is.",
            _WARNS,
        ),
        (
            208,
            "Unusual value",
            "The platform's own dashboard would not accept the value; its interface may. It is passed on as it is.",
            _WARNS,
        ),
        (209, "Name not allowed", "The platform takes no such name for this kind.", _WARNS),
        (210, "Too short", "The value has fewer characters or items than the platform takes.", _WARNS),
        (211, "Too long", "The value has more characters or items than the platform takes.", _WARNS),
        (212, "Out of bounds", "The number is smaller or larger than the platform takes.", _WARNS),
        (213, "Listed twice", "A list that is a set holds an item more than once. Keep one of them.", _WARNS),
        (214, "Not allowed", "The value is ruled out by the schema.", _WARNS),
        (
            215,
            "Secret in plain text",
            "Secrets never stand in a manifest. Say where it lies, for example {from_env: NAME}.",
        ),
        (
            216,
            "Not one place",
            "A secret lies in one place: one of from_env, from_file, from_command, and from_store with its key.",
        ),
        (217, "Contradiction", "The lifecycle asks for two things that exclude each other. Keep one."),
        (
            218,
            "Mark of an owner",
            "The manifest states the mark that igz-apply writes itself. Take it out, and state `owner` in the config.",
        ),
        (
            219,
            "Policy not met",
            "The manifest does not meet one of your organisation's own policies (config key `policies`).",
            _WARNS,
        ),
        (
            220,
            "Not a path",
            (
                "`lifecycle.ignore_changes` names what is never compared by itself, such as an element of a list. Name "
                "the field that holds it."
            ),
        ),
        (
            221,
            "May be a secret",
            (
                "A service's free-form settings hold in plain text what may be a secret, by its key. No output shows "
                "it, but the manifest does. Where an object holds it, say where it lies instead: {from_env: NAME}."
            ),
            _WARNS,
        ),
        (
            222,
            "No place for a secret",
            (
                "{from_env: NAME}, or another place of a secret, stands where it would be sent as it is: in a list, or "
                "with something beside it."
            ),
        ),
        (
            223,
            "Apart from its name",
            (
                "Two things differ that the platform's own client takes to be one, such as a username and an e-mail "
                "address on Iguazio 4, though systems have been seen where they do. Write the same in both, or leave "
                "the field out."
            ),
            _WARNS,
        ),
        (
            224,
            "No holders",
            (
                "A list of who holds a policy names nobody. It is there as long as somebody holds the policy: state "
                "who does, or say `lifecycle: {state: absent}` to take it from everybody."
            ),
        ),
        (
            225,
            "Hidden value",
            (
                "The manifest holds what igz-apply shows instead of a value that may be a secret, and would send it. "
                "State the value, or where it lies: {from_env: NAME}."
            ),
        ),
        (
            230,
            "Undefined value",
            (
                "`{from_value: NAME}` stands for a value that the config does not define for the target. Define it "
                "below `values`, at the top or of the target, or choose the target that does."
            ),
        ),
        (
            231,
            "Bad reference",
            (
                "`{from_value: NAME}` and `{from_member: FACT}` stand for a whole value, with nothing beside them, and "
                "not for what says what a document is about: its apiVersion, its kind and its name."
            ),
        ),
        (
            232,
            "Bad defaults",
            (
                "A document of `_defaults.yaml` is of one kind and of no name: it is for every manifest of that kind "
                "in the folder and below it. There are no defaults of Profiles."
            ),
        ),
        (
            233,
            "Bad placeholder",
            (
                "`{member}` is the only placeholder, and stands in the names that a Profile makes, in fields that name "
                "others and in free text, not in other fields, in keys, in defaults or in patches."
            ),
        ),
        (
            234,
            "Unknown fact",
            "`{from_member: FACT}` takes what the Profile does not say of a member. Add it below `members`.",
        ),
        (
            235,
            "Name without member",
            "What a Profile makes for several members needs a name for each. Put `{member}` into it.",
        ),
        (
            236,
            "Profile without members",
            (
                "A Profile is for nobody, and so declares nothing: with `prune`, what it made before is deleted. Take "
                "the Profile out if it is not needed any more."
            ),
            _WARNS,
        ),
        (
            237,
            "Bad Profile",
            "A Profile lists its `members`, or names the group that they are in by `members_of`: one of the two.",
        ),
    ),
    *_rules(
        "all manifests",
        "validate",
        (301, "Declared twice", "Two manifests declare the same resource. Keep one of the two."),
        (
            302,
            "Look-alike names",
            (
                "Two names differ only in case, in their Unicode form or by invisible characters, so that a server may "
                "take them for one."
            ),
            _WARNS,
        ),
        (304, "Two roles", "A member has one role a project, and the owner counts as its Admin. Keep the higher role."),
        (
            305,
            "Implied members",
            "Everybody is in this group, whatever its manifest says. Take the list of members out.",
        ),
        (
            306,
            "Unknown reference",
            (
                "A field names something that no manifest declares and, where the cluster could be asked, that is not "
                "there either. Offline this is a warning."
            ),
            _WARNS,
        ),
        (
            307,
            "Stated twice",
            (
                "Two manifests state the same uid or gid, which the platform refuses, or the same e-mail address, in "
                "whatever case, which it is not known to refuse. Give one of them another; without a uid or gid the "
                "platform gives one by itself."
            ),
            _WARNS,
        ),
        (
            308,
            "Primary group left out",
            (
                "A user's primary group is stated, and a list of the user's groups, or of the group's users, lacks the "
                "other. Add it, or state another `primary_group`: null for none."
            ),
        ),
        (
            309,
            "Another platform",
            (
                "Manifests of two platforms are read together, or those of one for a cluster of the other. Each has an "
                "apiVersion, kinds and fields of its own; a run is about one platform."
            ),
        ),
        (
            310,
            "Unclear rename",
            (
                "A manifest says `renamed_from`, and what is meant cannot be told: the old name is declared too, is "
                "stated twice, or lives beside the new one. Names that are exchanged or handed on take two applies. "
                "Take the line out once the rename is done."
            ),
        ),
        (
            311,
            "Holder left out",
            (
                "Who holds a policy is stated by the user or group and by the policy's list of holders, and one lacks "
                "the other. Add it there, take it out here, or say `lifecycle: {membership: additive}` where the list "
                "is not all."
            ),
        ),
        (
            330,
            "Defaults twice",
            "A folder has defaults of one kind in two documents, so that one would win by chance. Make one of the two.",
        ),
        (
            331,
            "Idle patch",
            (
                "A patch of the config is for an address or a pattern that nothing declared has. Correct it, or take "
                "it out. Where paths narrow the manifests down, or they come from standard input, it is a warning."
            ),
            _WARNS,
        ),
        (
            332,
            "Unknown group of a Profile",
            "`members_of` names a group that no manifest declares. Declare it, or list `members`.",
        ),
        (
            333,
            "People not stated",
            (
                "`members_of` names a group of which neither its own manifest nor those of users say who is in it. "
                "Nothing is concluded from that: state its people, `[]` if there is nobody."
            ),
        ),
        (
            334,
            "Circle of Profiles",
            "What a Profile makes changes who its members are, without an end. List `members`, or part the groups.",
        ),
        (
            345,
            "Unclear order",
            (
                "`lifecycle.depends_on` puts a resource after itself, straight away or by way of others that it waits "
                "for, so that none could be made first. Take one of the lines out."
            ),
        ),
    ),
    *_rules(
        "the config and its policies",
        "validate",
        (
            351,
            "More than one document",
            "A config is one document, and so is a schema of `policies_on_plan`. Remove the `---`.",
        ),
        (352, "No such policy", "The config's `policies` or `policies_on_plan` name files that do not exist."),
        (
            353,
            "Not a JSON Schema",
            "A policy is a JSON Schema, draft 2020-12, of whole manifests or of a plan; this one is not.",
        ),
        (354, "Unknown code", "The config's `severity` names a code that no rule has, or one that is always an error."),
        (355, "Bad patch", "A patch would change the apiVersion, the kind or the name, which makes another resource."),
        (356, "Value of a value", "One of the config's `values` refers to another. Write it out."),
        (
            360,
            "Command not allowed",
            (
                "A manifest has a secret from a command that nobody allows, so that it is not run: neither the config "
                "(`secrets.commands`), nor IGZ_SECRET_COMMANDS, which alone counts where IGZ_PINNED names secrets."
            ),
        ),
        (
            361,
            "Store not allowed",
            (
                "A manifest has a secret from a store that nobody allows, so that it is not asked: neither the config "
                "(`secrets.stores`), nor IGZ_SECRET_STORES, which alone counts where IGZ_PINNED names secrets."
            ),
        ),
        (
            370,
            "Unknown operation",
            (
                "The config's `actions` asks for what a plan cannot do there. On Iguazio 3 it can restart app "
                "services; on Iguazio 4 there is nothing of the kind."
            ),
        ),
        (
            371,
            "Action on nothing",
            (
                "The config's `actions` names what no manifest declares, so that it brings nothing about. Correct the "
                "name. Where another run has the manifest, ignore it: `severity: {IGZ-371: ignore}`."
            ),
            _WARNS,
        ),
        (
            390,
            "Code not free",
            (
                "A code below `policies_on_plan` begins with IGZ, as igz-apply's own do, or another entry has it. Give "
                "each policy a code of its own."
            ),
        ),
        (
            391,
            "No such day",
            (
                "A waiver below `policies_on_plan`, a pause or a freeze names a day that no calendar has, or a time "
                "that no clock shows."
            ),
        ),
        (
            392,
            "Waiver has ended",
            (
                "The last day of a waiver below `policies_on_plan` is over, in UTC, so that it waives nothing "
                "any more. Take it out, or have a later day reviewed."
            ),
            _WARNS,
        ),
    ),
    *_rules(
        "the plan, and an organisation's policies",
        "plan",
        (
            393,
            "Idle waiver",
            (
                "A waiver below `policies_on_plan` names nothing that the plan knows. Correct the address, or take the "
                "waiver out."
            ),
            _WARNS,
        ),
        (
            394,
            "Denied by policy",
            (
                "A policy below `policies_on_plan` denies the plan. It is told under the organisation's own code, with "
                "the place in the plan's JSON; a waiver with a date, reviewed like all of the config, lets it pass."
            ),
        ),
        (
            395,
            "Policy warns",
            (
                "A policy below `policies_on_plan` warns of the plan, and `--strict` makes an error of it. It is told "
                "under the organisation's own code."
            ),
        ),
    ),
    *_rules(
        _COMMAND_LINE,
        "command line",
        (401, "Unknown target", "The config has no target of that name. Correct --target or IGZ_TARGET."),
        (402, "Environment", "An environment variable holds something that cannot be understood."),
        (
            403,
            "Pinned setting",
            (
                "Whoever runs igz-apply here has pinned a setting (IGZ_PINNED), and it is not set, or set to something "
                "that was ruled out."
            ),
        ),
        (404, "Unknown word", "IGZ_PINNED holds a word that pins nothing. Correct it."),
        (405, "Connection", "The endpoint, the credentials or the certificate do not allow a connection to be made."),
        (406, "Unknown form of report", "The suffix of --report picks the form, and this one picks none."),
        (407, "No such plan", "There is no saved plan at that path. Save one with `igz-apply plan --out FILE`."),
        (408, "File exists", "A file is there already, and nothing is written over it."),
        (409, "Not an address", "An address is Kind/name, such as User/ada."),
        (
            410,
            "Emulator",
            "The emulator's options or its files of faults and data cannot be used. docs/emulator.md has their form.",
        ),
        (411, "Not on this platform", "The platform that this run is about has no such jobs, operations or kinds."),
        (
            431,
            "No place for the events",
            "The file that --events names cannot be written, or holds something else. Name another one.",
        ),
        (432, "Inventory in the way", "A report or a plan would be written over an inventory. Name another file."),
        (480, "Broken plug-in", "A package that adds something to igz-apply cannot be used. Uninstall or correct it."),
        (481, "Plug-in offered twice", "Two packages add something of one name. Uninstall one of the two."),
    ),
    *_rules(
        "live state",
        "plan",
        (
            501,
            "Missing at creation",
            (
                "The resource does not exist yet, and the platform needs a field to create it that the manifest does "
                "not state."
            ),
        ),
        (
            502,
            "Still in use",
            (
                "Something is to be deleted that another resource, which nobody changes, still names. Change that one "
                "too, or keep this one."
            ),
        ),
        (
            503,
            "Primary group",
            (
                "A user is to leave its primary group without being given another. State `primary_group`: another "
                "group, or null."
            ),
        ),
        (
            504,
            "Unknown address",
            (
                "An argument, an option or the config names an address that is nowhere: not declared, not on the "
                "cluster, not in the inventory."
            ),
            _WARNS,
        ),
        (
            505,
            "Nothing selected",
            "A pattern of --only, --except or `protect` matches nothing. With --require-match that is an error.",
            _WARNS,
        ),
        (
            506,
            "Field too young",
            "The cluster is of a version that does not know the field yet. Remove it, or upgrade the cluster first.",
        ),
        (507, "No such secret", "--rotate names a secret that no manifest states."),
        (
            508,
            "Circular dependency",
            (
                "Resources depend on each other in a circle, so that none can be made first. Take one of the references"
                " out, apply, and put it back."
            ),
        ),
        (
            509,
            "Value in use",
            (
                "Something on the cluster has the uid, gid or e-mail address that a resource is to get, and does not "
                "let go of it first. Leave a number out, so that the platform gives one, or free it in the same plan. "
                "Of an e-mail address on Iguazio 3, which is not known to hold it unique, it is a warning."
            ),
            _WARNS,
        ),
        (
            510,
            "Disabled owner",
            (
                "Who is switched off, or will be, gets no project or service to own. Name another, or switch the "
                "account on."
            ),
        ),
        (
            516,
            "Nothing to rename",
            "A manifest says `renamed_from`, and neither the old name nor the new one is there: it is created.",
            _WARNS,
        ),
        (
            520,
            "Not ours to replace",
            (
                "A manifest says `renamed_from`, its kind cannot be renamed, and what has the old name is not owned by "
                "this inventory beyond doubt: it would be deleted. Declare it under its old name and apply first."
            ),
        ),
        (521, "Unknown policy", "`igz-apply access --policy` names a policy that nobody holds and that is not known."),
        (
            522,
            "Left out of a rename",
            (
                "Something takes the place of another, and what is declared and names that other one is not part of "
                "the run, so that it would lose it. Select it too."
            ),
        ),
        (
            525,
            "Named, and leaving",
            (
                "A manifest gives a membership, a role or a policy to somebody whom no manifest declares any more, and "
                "who is to be disabled (`on_removal`). Take the name out there, or declare the user again."
            ),
        ),
    ),
    *_rules(
        "the text of manifests and live state",
        "plan",
        (
            540,
            "Cannot edit",
            (
                "`offboard` or `accept` cannot change this place without changing something else: an anchor that "
                "others use, a layer that others stand on. Write it more plainly, or edit it by hand."
            ),
        ),
        (
            541,
            "Changed meanwhile",
            "A file is not what it was when the command read it. Nothing was written: run it again.",
        ),
        (542, "Not to be written", "A file that has to be edited is read-only. Nothing was written."),
        (543, "Invalid after the edit", "The edited manifests would not be valid. Nothing was written."),
        (544, "No successor", "Who leaves owns something: `offboard --to NAME` says who owns it from then on."),
        (545, "Unfit successor", "Whom `offboard --to` names is not there, is disabled, or is the one who leaves."),
        (546, "Nobody to offboard", "The address is none of somebody who can leave."),
        (547, "Secret stays", "A value may be a secret, and `accept` never writes one into a manifest."),
        (
            548,
            "Stated for many",
            (
                "An edit would change a layer that other resources take the value from, and they have something else "
                "on the cluster, or their manifests were not read; or no manifest is there to state it in. `accept "
                "--here` states it in the resource's own."
            ),
        ),
        (
            549,
            "Still different",
            "After the edit the plan would show the same difference again, so that nothing was written.",
        ),
    ),
    *_rules(
        "a snapshot",
        "command line",
        (590, "No such snapshot", "There is no snapshot at that path. Take one with `igz-apply snapshot FILE`."),
        (
            591,
            "Damaged snapshot",
            (
                "The file is not as `snapshot` wrote it: it was cut short, edited, or formatted. What a plan is made "
                "of has to be what was read: take another."
            ),
        ),
        (592, "Snapshot is too new", "The snapshot was taken by a newer igz-apply. Use that one."),
        (
            593,
            "Not comparable",
            (
                "The two sides of `compare` are of two platforms, or names are hashed by two keys, or on one side "
                "alone: nothing in them is alike."
            ),
        ),
        (594, "Key file", "The key of `snapshot --sanitise` cannot be read, or is so short that it can be guessed."),
        (
            595,
            "Unknown kind in a snapshot",
            (
                "The snapshot was taken where a plug-in adds a kind, and that is not installed here: what such "
                "resources name would be overlooked."
            ),
        ),
        (
            596,
            "Hashed names",
            (
                "Manifests were to be held against a snapshot whose names are hashes. Plan of one without --sanitise, "
                "or of one that holds manifests of its own."
            ),
        ),
    ),
    *_rules(
        "the plan, live state and the inventory",
        "plan",
        (601, "System resource", "The platform's own accounts, groups and services are never deleted or disabled."),
        (602, "Protected", "The config's `protect` names the resource, so that it is never deleted."),
        (603, "Own account", "The plan would delete or disable the account that applies it."),
        (
            604,
            "Destroy prevented",
            (
                "The manifest, or the inventory's memory of it, says `prevent_destroy`. Take that out in a commit of "
                "its own first."
            ),
        ),
        (
            605,
            "Not visible",
            (
                "The account that asks may not see something that is declared, and it would be judged by half. What "
                "cannot be seen is never taken for gone, nor for new."
            ),
        ),
        (606, "Name taken", "Something else has the name that a resource of ours had. It is left alone."),
        (
            607,
            "Renamed on the cluster",
            "What we own has another name on the cluster now, and the platform has no way to give the old one back.",
        ),
        (
            608,
            "Missing policy",
            (
                "The account that would apply the plan lacks a policy that it takes. Give it that policy, or apply as "
                "another."
            ),
        ),
        (
            609,
            "Immutable field",
            (
                "The platform cannot change this field once the resource exists, and nothing is deleted and made anew "
                "behind anybody's back."
            ),
        ),
        (
            610,
            "Owned elsewhere",
            (
                "Another inventory or repository owns the resource. Declare it in one place, or take it over with the "
                "waiver that the message prints."
            ),
        ),
        (
            611,
            "Cascading delete",
            (
                "A project would be deleted with all that is in it, though neither its manifest nor its inventory entry"
                " said so."
            ),
        ),
        (612, "Empty manifests", "No manifest declares anything, and prune would delete everything that is owned."),
        (
            613,
            "Empty kind",
            (
                "No manifest declares anything of a kind that is owned, and prune would delete all of it. The message "
                "prints the waiver."
            ),
        ),
        (
            614,
            "Lock-out",
            "After the plan the account that applies could not apply any more, or too few could administer the tenant.",
        ),
        (615, "Inventory of another cluster", "The inventory is about another cluster than the one that was reached."),
        (616, "Too many deletes", "The plan deletes more of a kind than `limits.delete` allows without a waiver."),
        (
            617,
            "Too many cascading deletes",
            "The plan deletes more projects with all that is in them than `limits.cascade` allows.",
        ),
        (618, "Too many updates", "The plan updates more of a kind than `limits.update` allows without a waiver."),
        (
            619,
            "Too many entries to forget",
            (
                "The inventory would forget more of a kind than looks like chance: the list that lacks them is doubted "
                "first."
            ),
        ),
        (
            620,
            "Not empty",
            (
                "The platform would delete a project with all that is in it, which is something, or nobody can tell. "
                "Empty it first, or state `deletion_strategy: cascading`, which `limits.cascade` bounds."
            ),
        ),
        (
            621,
            "Read-only here",
            (
                "The cluster lets another system lead what the plan would write: projects, where MLRun leads them. "
                "Change it there; members can be managed here."
            ),
        ),
        (
            630,
            "Too many to disable",
            (
                "The plan disables more of a kind, which no manifest declares any more, than `limits.delete` allows "
                "without a waiver."
            ),
        ),
        (
            640,
            "Replacement",
            (
                "A manifest says `renamed_from` of what no call can rename: it is made anew and the old one deleted, "
                "with what belongs to it alone. `--allow replace:KIND=N` says how many are meant."
            ),
        ),
        (
            660,
            "Moved since the run",
            (
                "`undo` would give back what somebody has changed since the run: what it made was changed, what it "
                "changed is another value now, what it deleted was made anew. Leave it out with --except, or undo what "
                "came later first."
            ),
        ),
        (
            670,
            "Not ours",
            (
                "The plan would restart what this inventory does not own. Declare it and apply, and plan again: "
                "igz-apply operates on what it owns alone."
            ),
        ),
        (671, "Too many restarts", "The plan restarts more of a kind than `limits.restart` allows without a waiver."),
    ),
    *_rules(
        "what a hook of the config says",
        "plan",
        (
            680,
            "Hook refused",
            (
                "A program that the config's `hooks` run before a plan or an apply has ended with another code than 0. "
                "Nothing was sent: see what it wrote."
            ),
        ),
    ),
    *_rules(
        _COMMAND_LINE,
        "command line",
        (
            681,
            "Variable of two targets",
            (
                "A variable ends with the name of a target, as NAME__PROD_EU for prod-eu, and so does that of another "
                "target: nobody can tell whose it is. Rename one of the targets."
            ),
        ),
        (
            682,
            "Said for all targets",
            (
                "A run over several targets finds a variable that leads all of them to one cluster or one inventory. "
                "Set it for each target: IGZ_ENDPOINT__PROD_EU for the target prod-eu."
            ),
        ),
        (
            683,
            "Credential of no target",
            (
                "A run over several targets would send a credential to a target that it is not known to be of. Set it "
                "for each target, V3IO_PASSWORD__PROD_EU for prod-eu, or name it in IGZ_SHARED where it is of all."
            ),
        ),
        (
            684,
            "Inventory of two targets",
            (
                "Two targets of one run have the same inventory: each would take what the other owns for what is "
                "declared no more. Give each its own."
            ),
        ),
    ),
    *_rules(
        "what the config says of reconciling",
        "validate",
        (
            685,
            "Unknown time zone",
            (
                "A freeze names a time zone that the IANA database has not, or this machine has no such database: "
                "`pip install tzdata` brings one."
            ),
        ),
        (
            686,
            "Bad freeze",
            (
                "A freeze ends when or before it begins, or has dates and days of the week. With `days` it has times "
                "alone, and comes every week; without, it has dates, and comes once."
            ),
        ),
        (
            687,
            "Bad pattern",
            "A pause or a freeze names what no address can be, so that it would hold nothing.",
        ),
        (
            688,
            "Pause has ended",
            "The end of a pause is over, so that what it named is healed again. Take it out, or state a later end.",
            _WARNS,
        ),
    ),
    *_rules(
        "a saved plan, the inventory or secrets",
        "apply",
        (701, "Not a saved plan", "The file is no plan that `plan --out` wrote."),
        (
            702,
            "Plan of another format",
            "The plan was saved by a version whose format this one does not read. Make a new plan.",
        ),
        (703, "Plan of another version", "The plan was saved by another version of igz-apply. Make a new plan."),
        (
            704,
            "Edited plan",
            "The file is not as `plan --out` wrote it. What was reviewed has to be what is applied: make a new plan.",
        ),
        (705, "Used plan", "The plan has been applied before; a plan is applied once."),
        (
            706,
            "Moved since the plan",
            "Something that the plan touches has changed since it was made. Make a new plan and look at it.",
        ),
        (707, "No longer owned", "The plan deletes what the inventory does not own any more. Make a new plan."),
        (708, "Other target", "The plan was made for another cluster or account."),
        (
            709,
            "Missing secret",
            "A secret has to be sent, and there is none where the manifest says that it lies, or nobody can get at it.",
        ),
        (
            710,
            "Inventory is locked",
            "Another run holds the inventory. Wait for it; `unlock` removes the lock of one that died.",
        ),
        (
            711,
            "Not in the plan",
            (
                "A saved plan would write what stands in plain text in a manifest and may be a secret: a plan file "
                "never holds that. Apply from the manifests, or state where it lies, for example with from_env."
            ),
        ),
        (
            712,
            "Secret not accepted",
            (
                "The platform would refuse a password that is to be sent: it takes at least 8 characters, with upper "
                "and lower case letters, a digit, and one of !@#$%^&*."
            ),
        ),
        (731, "Expired plan", "The time that the plan was given to be applied is over. Make a new plan."),
        (
            732,
            "Not the approved plan",
            (
                "The digest after --expect is that of another plan than the one that would be applied now. Have this "
                "one approved, or apply the one that was."
            ),
        ),
    ),
    *_rules(
        "what git says of the repository that `reconcile` follows",
        "apply",
        (
            733,
            "Not signed by a known key",
            (
                "The commit, or the tag that names it, is not signed by a key of the folder that `require_signed` "
                "names, or not any more. Nothing of it is read, its config neither: have it signed and pushed, or put "
                "the public key into the folder."
            ),
        ),
        (
            734,
            "Said from inside",
            (
                "The config in the repository says how that repository is followed, or names files outside of it, "
                "which only what is outside may: whoever may push could else let himself in. Say it where `reconcile` "
                "runs."
            ),
        ),
        (
            735,
            "Repository settings",
            (
                "Repository, ref, path or folder of keys cannot be used: git would take it for something else, a "
                "password stands in it, or nothing is there."
            ),
        ),
        (
            736,
            "Unsafe commit",
            (
                "The commit holds what could lead a reader out of its folder, as a link or by its name, or more than "
                "a repository of manifests would. It is refused whole."
            ),
        ),
        (
            737,
            "Place that does not last",
            (
                "The inventory, or the emulator's file, would lie in the copy of a commit, which goes when the next "
                "one comes. Name a place that stays."
            ),
        ),
    ),
    *_rules(
        _COMMAND_LINE,
        "command line",
        (
            738,
            "No plans of a fleet",
            (
                "The folder that --plan or --out names holds no plan for each target of the run, or cannot be written. "
                "`igz-apply plan --targets GLOB --out FOLDER` saves one for each."
            ),
        ),
    ),
    *_rules(
        "manifests, under a run over several targets",
        "apply",
        (
            739,
            "Manifests have moved",
            (
                "While `apply -y` went from target to target, somebody edited the manifests: what is left would get "
                "what no canary has tried, and is refused. The same command again goes by what is there now."
            ),
        ),
    ),
    *_rules(
        _COMMAND_LINE,
        "command line",
        (
            740,
            "Cannot listen",
            "The address after --listen, or of the config's `reconcile.listen`, is not this machine's, or is in use.",
        ),
        (741, "No place to listen", "What --listen or the config's `reconcile.listen` says is not HOST:PORT."),
        (
            742,
            "Package for metrics missing",
            "--listen needs a package that is not installed: `python -m pip install 'igz-apply[reconcile]'`.",
        ),
    ),
    *_rules(
        "OpenTelemetry, and what collects traces",
        "plan",
        (
            743,
            "Traces not installed",
            (
                "The environment asks for traces, by OTEL_TRACES_EXPORTER or an endpoint of OTLP, and what makes or "
                "sends them is not installed. The run goes on without: `pip install 'igz-apply[tracing]'`."
            ),
            _WARNS,
        ),
        (
            744,
            "Traces not sent",
            (
                "A run is to be traced, and its spans cannot be sent: what the OTEL_ variables say is of no use, or no "
                "collector takes them. What the run did is as its output tells."
            ),
            _WARNS,
        ),
    ),
    *_rules(
        _COMMAND_LINE,
        "command line",
        (
            745,
            "Missing webhook",
            (
                "The config's `reconcile.notify` names a variable that holds the address of a webhook, and it is not "
                "set. Set it for whoever runs `reconcile`, or take the notification out."
            ),
        ),
        (
            746,
            "Unusable webhook",
            (
                "The variable that a notification names holds no address of a webhook: https://HOST/PATH. What it "
                "holds is never shown."
            ),
        ),
        (
            747,
            "Unusable signing key",
            (
                "The variable that holds the key to sign notifications with is not set, its key is so short that it "
                "can be guessed, or it is one that proves who we are on a cluster. Make one with `openssl rand -hex "
                "32`."
            ),
        ),
    ),
    *_rules(
        "where the inventories of several targets lie",
        "command line",
        (
            748,
            "Inventory without a target",
            (
                "The place of the inventory says {target}, for the target's name, and no target was chosen. Give "
                "--target, or set IGZ_TARGET."
            ),
        ),
    ),
    *_rules(
        "where the inventories of several targets lie",
        "validate",
        (
            749,
            "Unknown part of a place",
            (
                "The place of the inventory holds something in braces that is nearly {target} and is not: every "
                "target would have the same inventory. Write {target}."
            ),
        ),
    ),
    *_rules(
        "the inventory",
        "plan",
        (751, "No place for the inventory", "The place where the inventory would be kept cannot be used."),
        (752, "Unusable inventory URL", "The URL of the inventory leads nowhere that can keep it."),
        (753, "Inventory is too new", "A newer igz-apply wrote the inventory. Use that version or a later one."),
        (
            754,
            "Damaged inventory",
            "The inventory cannot be read. It is never taken for empty: restore it from a copy.",
        ),
        (
            755,
            "No inventory",
            "What was applied last is not known, because nothing has been applied with this inventory yet.",
        ),
        (756, "Not in the inventory", "The inventory has no entry of that address."),
        (
            757,
            "No such run",
            "No record beside the inventory is of that run. `igz-apply history` lists the 200 that are kept.",
        ),
        (758, "Damaged record", "The record of a run cannot be read. The others are whole by themselves."),
        (759, "Record is too new", "A newer igz-apply wrote the record. Use that version or a later one."),
    ),
    *_rules(
        "the mapping, and what is to move",
        "plan",
        (
            760,
            "Two that become one",
            (
                "Two users, or two groups, would have one name on the platform that they move to, or names that "
                "differ in upper and lower case alone. Give one of them another name in the mapping, or leave one "
                "behind."
            ),
        ),
        (
            761,
            "Unusable new name",
            (
                "The platform that it moves to would not take the name: a username with a blank or a `/`, one that "
                "looks like an id, a path with an empty part. Say another one in the mapping."
            ),
        ),
        (
            762,
            "E-mail other than the username",
            (
                "The mapping gives a user a name that is not the e-mail address that the account has. Where there is "
                "an address, it is the username there."
            ),
        ),
        (
            763,
            "First or last name missing",
            (
                "The platform that a user moves to requires a first and a last name, and the account lacks one. Say "
                "it in the mapping."
            ),
        ),
        (
            764,
            "Mapped and not there",
            (
                "The mapping speaks of a name that is not on the platform that it moves from. Where not all of that "
                "was seen it is a warning."
            ),
            _WARNS,
        ),
        (
            765,
            "Pattern that matches nothing",
            ("No name that is there matches a pattern of the mapping. It may be mistyped, or of the past."),
            _WARNS,
        ),
        (
            766,
            "Patterns that match equally",
            (
                "Two patterns of the mapping say as much of one name, so that nobody can tell which counts. Say the "
                "name itself, or make one of the patterns longer."
            ),
        ),
        (
            767,
            "Mapped and left behind",
            ("The mapping says what something becomes, and leaves it behind. Take one of the two out."),
        ),
        (
            768,
            "Owner that is left behind",
            (
                "The owner of a project does not go along with it, and without one it would belong to whoever creates"
                " it. Say in the mapping who is to own it."
            ),
        ),
        (
            769,
            "Unknown policy there",
            (
                "The mapping names a policy that the platform moved to does not have, or a display name that several "
                "have."
            ),
        ),
        (
            770,
            "Policy that nobody maps",
            (
                "Somebody holds a policy of which the mapping says nothing, so that they hold nothing in its place. "
                "Say what it becomes, or why it is left behind."
            ),
            _WARNS,
        ),
        (
            771,
            "Name that was not seen",
            (
                "A user or a group is named as a member, and was neither seen nor mapped: it goes along nowhere. Say "
                "its new name in the mapping, or look at more."
            ),
            _WARNS,
        ),
        (
            772,
            "Perhaps a higher role",
            (
                "By where the mapping puts groups, somebody may have more than before, if members of a group count in"
                " the groups around it, which nobody knows."
            ),
            _WARNS,
        ),
        (
            773,
            "Star without a pattern",
            (
                "What a name of the mapping becomes has a `*`, and the name has none that it could stand for. Write it "
                "out, or a `*` into the name."
            ),
        ),
        (
            774,
            "Not a pattern",
            (
                "A pattern of the mapping has one `*`, under `users` and `groups`; policies and projects are said by "
                "name."
            ),
        ),
    ),
    *_rules(
        _COMMAND_LINE,
        "command line",
        (775, "No such origin", "What `migrate` is to move is neither a target of the config nor a file or a folder."),
        (776, "No such destination", "Where `migrate` is to move is neither a target of the config nor a platform."),
        (777, "No way over", "Nothing carries what one of the two platforms has over to the other."),
        (
            778,
            "Two paths to one file",
            (
                "What is to be written would lie where something is that is read, or where something else is to be "
                "written: a report over a saved plan, or what `migrate` writes over what it reads. Name another file."
            ),
        ),
    ),
    *_rules(
        "the mapping, and what is to move",
        "plan",
        (
            779,
            "Power on the new platform",
            (
                "Somebody would hold there what the platform gives power to by itself: its group of administrators, "
                "or the policy that may do everything. It is an error, unless the mapping says that very name."
            ),
        ),
        (
            780,
            "Project without an owner",
            (
                "Nothing says who owns a project that is to move: it would belong to whoever applies what is written. "
                "Say it in the mapping."
            ),
            _WARNS,
        ),
    ),
)

_BY_SUMMARY = MappingProxyType({rule.summary: rule for rule in RULES})
_BY_CODE = MappingProxyType({rule.code: rule for rule in RULES})

"""The columns that survey software adds of its own: ids, clocks, reviews, and what is of no use here."""

import re
from collections.abc import Mapping


METADATA: Mapping[str, tuple[str, ...]] = {
    "root_uuid": ("meta/rootUuid", "rootUuid"),
    "instance_id": ("meta/instanceID", "instanceID"),
    "uuid": ("_uuid",),
    "key": ("KEY",),
    "system_id": ("__id",),
    "own_id": ("submission_id",),  # as the rows are written back by this platform
    "server_number": ("_id",),  # of KoboToolbox and Ona; an edit keeps it and gives the interview another uuid
    "deprecated_id": ("meta/deprecatedID", "deprecatedID"),
    "edits": ("Edits", "__system/edits"),
    "review": ("ReviewState", "_validation_status", "_review_status", "review_status", "__system/reviewState",
               "_validation_status/uid"),
    "status": ("Status", "__system/status"),
    "submitted": ("_submission_time", "SubmissionDate", "__system/submissionDate"),
    "started": ("starttime",),
    "ended": ("endtime",),
    "duration": ("_duration", "duration"),
    "other": (
        "_notes", "_status", "_submitted_by", "__version__", "_version_", "_tags", "_index", "_parent_index",
        "_parent_table_name", "formhub/uuid", "_xform_id_string", "_xform_id", "_attachments", "_geolocation",
        "_bamboo_dataset_id", "_edited", "_version", "_total_media", "_media_count",
        "_media_all_received", "_date_modified", "_last_edited", "_last_edited_by", "_review_comment", "_supplementalDetails",
        "meta/instanceName", "instanceName", "meta/audit", "audit", "meta/versionID", "meta/formUID",
        "_validation_status/label", "_validation_status/color", "_validation_status/timestamp",
        "_validation_status/by_whom",
        "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "DeviceID", "FormVersion",
        "PARENT_KEY", "__system/submitterId", "__system/submitterName", "__system/updatedAt", "__system/deletedAt",
        "__system/attachmentsPresent", "__system/attachmentsExpected", "__system/deviceId", "__system/formVersion",
        "deviceid", "subscriberid", "simid", "simserial", "devicephonenum", "username",
        "caseid", "formdef_version", "review_quality", "review_comments", "review_corrections",
        "text_audit",
    ),
}  # fmt: skip
READ_LOOSELY = frozenset(
    {"uuid", "server_number", "submitted", "started", "ended", "duration", "other"}
)  # "Key" or "status" may be anybody's column
METADATA_SHAPE = re.compile(
    r"__version__\d*|_version_{1,2}\d*|SET-OF-.+|_submission__.+|_submission_meta/.+|meta[/-]entity.*|\.\.\.\d+"
)
JUNK = re.compile(r"(?:reserved_name_for_field_list_labels|generated_(?:table_list_label|note_name))_?\d*")

"""The closed vocabularies of the models. Each one is also a check constraint on its column."""

from django.db import models


class ActorKind(models.TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"
    STATE = "state", "State"
    PUBLIC_BODY = "public_body", "Public body"
    ARMED_GROUP = "armed_group", "Armed group"
    OUTLET = "outlet", "Outlet"
    GROUP = "group", "Group named only loosely"


class AddressKind(models.TextChoices):
    """The models with a slug."""

    CLAIM = "claim", "Claim"
    SOURCE = "source", "Source"
    ACTOR = "actor", "Actor"
    TOPIC = "topic", "Topic"


class NameKind(models.TextChoices):
    OFFICIAL = "official", "Official name"
    ALIAS = "alias", "Alias"
    ACRONYM = "acronym", "Acronym"
    TRANSLITERATION = "transliteration", "Transliteration"


class SourceKind(models.TextChoices):
    ARTICLE = "article", "Article"
    OPINION = "opinion", "Opinion piece"
    SPEECH = "speech", "Speech"
    STATEMENT = "statement", "Official statement"
    REPORT = "report", "Report"
    POST = "post", "Post"
    VIDEO = "video", "Video"
    DATASET = "dataset", "Data set"


class Reliability(models.TextChoices):
    """Reliability of a source on the Admiralty scale (NATO AJP-2.1). F means unknown; it is not the lowest grade."""

    A = "A", "A Completely reliable"
    B = "B", "B Usually reliable"
    C = "C", "C Fairly reliable"
    D = "D", "D Not usually reliable"
    E = "E", "E Unreliable"
    F = "F", "F Cannot be judged"


class Credibility(models.IntegerChoices):
    """Credibility of an item on the Admiralty scale (NATO AJP-2.1). 6 means unknown; it is not the lowest grade."""

    CONFIRMED = 1, "1 Confirmed by other sources"
    PROBABLY_TRUE = 2, "2 Probably true"
    POSSIBLY_TRUE = 3, "3 Possibly true"
    DOUBTFUL = 4, "4 Doubtful"
    IMPROBABLE = 5, "5 Improbable"
    UNKNOWN = 6, "6 Cannot be judged"


class TopicKind(models.TextChoices):
    SUBJECT = "subject", "Subject"
    EVENT = "event", "Event"
    PLACE = "place", "Place"


class ClaimKind(models.TextChoices):
    """The kind of proposition. The first five are those of AVeriTeC; the others can't be checked against facts."""

    FACT = "fact", "Event or property"
    NUMBER = "number", "Number"
    QUOTE = "quote", "Somebody said something"
    CAUSAL = "causal", "Cause and effect"
    POSITION = "position", "Somebody's position"
    PREDICTION = "prediction", "Prediction"
    COUNTERFACTUAL = "counterfactual", "Counterfactual"
    VALUE = "value", "Value judgement"


class Status(models.TextChoices):
    """Status of a claim: the four labels of AVeriTeC, `unverified` (no decision yet) and `not_checkable`."""

    UNVERIFIED = "unverified", "Unverified"
    SUPPORTED = "supported", "Supported"
    REFUTED = "refuted", "Refuted"
    CONFLICTING = "conflicting", "Conflicting evidence"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence", "Not enough evidence"
    NOT_CHECKABLE = "not_checkable", "Not checkable"


class AssertionStance(models.TextChoices):
    ASSERTS = "asserts", "Asserts"
    DENIES = "denies", "Denies"
    QUESTIONS = "questions", "Questions"


class Voice(models.TextChoices):
    OWN = "own", "The source's own voice"
    QUOTED = "quoted", "Quoted"
    PARAPHRASED = "paraphrased", "Paraphrased"


class EvidenceStance(models.TextChoices):
    SUPPORTS = "supports", "Supports"
    REFUTES = "refutes", "Refutes"
    CONTEXT = "context", "Gives context"


class Visibility(models.TextChoices):
    """Who sees a record: everybody; the desk for now, or until a moment; or the desk for good."""

    PUBLIC = "public", "Public"
    IN_PREPARATION = "in_preparation", "In preparation"
    EMBARGOED = "embargoed", "Under embargo"
    CONFIDENTIAL = "confidential", "Confidential"


class VerdictState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    RETURNED = "returned", "Returned"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ReasonKind(models.TextChoices):
    """Why a verdict supersedes another or is withdrawn, or why the words that it was about are changed."""

    NEW_EVIDENCE = "new_evidence", "New evidence"
    ERROR = "error", "An error of ours"
    CLARIFICATION = "clarification", "Clarification"
    RETRACTION = "retraction", "A source was retracted"
    CONTEXT = "context", "Missing context"


class RelationKind(models.TextChoices):
    """How one claim bears on another. `contradicts` and `repeats` are symmetric and stored once."""

    CONTRADICTS = "contradicts", "contradicts"
    REPEATS = "repeats", "repeats"
    REFINES = "refines", "refines"
    PART_OF = "part_of", "is part of"
    ATTRIBUTES = "attributes", "attributes"
    SUPERSEDES = "supersedes", "supersedes"
    TRANSLATION_OF = "translation_of", "is a translation of"
    PRESUPPOSES = "presupposes", "presupposes"


class SkipReason(models.TextChoices):
    BOILERPLATE = "boilerplate", "Boilerplate"
    QUESTION = "question", "Question"
    RHETORIC = "rhetoric", "Rhetoric"
    REPETITION = "repetition", "Repetition"


class ErratumKind(models.TextChoices):
    SPELLING = "spelling", "Spelling"
    PUNCTUATION = "punctuation", "Punctuation"
    WORDING = "wording", "Wording"
    TRANSLATION = "translation", "Translation"


class ImportState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"

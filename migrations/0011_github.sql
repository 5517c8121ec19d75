-- Issues on GitHub that maintbot opened.
CREATE TABLE github_issues (
    repository TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- GitHub's own id, which stays when the issue moves.
    remote BIGINT NOT NULL,
    -- The window or plan, such as `MW-1`.
    subject TEXT NOT NULL,
    role TEXT NOT NULL,
    -- The item of the change list that it stands for; 0 where it stands for none.
    item BIGINT NOT NULL,
    -- As maintbot last wrote it or saw it, and when GitHub says that this was.
    body TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    is_open BOOLEAN NOT NULL,
    -- People reopened it when all was over: it stays open.
    left_open BOOLEAN NOT NULL,
    locked BOOLEAN NOT NULL,
    gone BOOLEAN NOT NULL,
    PRIMARY KEY (repository, number)
);
CREATE INDEX github_issues_subject ON github_issues (subject);
CREATE INDEX github_issues_open ON github_issues (repository, number) WHERE is_open AND NOT gone;

-- Comments that maintbot keeps on a change-list issue, each under its name, such as `status`.
CREATE TABLE github_comments (
    subject TEXT NOT NULL,
    repository TEXT NOT NULL,
    what TEXT NOT NULL,
    remote BIGINT NOT NULL,
    PRIMARY KEY (subject, repository, what)
);
CREATE INDEX github_comments_repository ON github_comments (repository);

-- What became of the commands in a comment, or of an issue form: `comment/123`, `issue/7`.
CREATE TABLE github_conversations (
    repository TEXT NOT NULL,
    thread TEXT NOT NULL,
    reply BIGINT,
    reaction BIGINT,
    runs TEXT NOT NULL,
    done BOOLEAN NOT NULL,
    PRIMARY KEY (repository, thread)
);

-- What is remembered under a name from one look to the next.
CREATE TABLE marks (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

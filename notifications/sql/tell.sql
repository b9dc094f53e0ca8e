-- Write notices about days of attendance and incidents, in the transaction of the event.
--
-- A tap's own statements stay as they are. Whoever has no guardians, as all but students, costs it
-- one look into an index; a second tap of the day costs it nothing: the trigger's condition is false.

-- `now_says` is what is to be said of the event from now on, such as Late; `plain` the kind of
-- notice that tells it to whoever has been told nothing, NULL if it is not to be told by itself.
--
-- First the guardians' rows are locked, in one order for everybody: a guardian who is removed at
-- the same moment is then either there for the whole function or not at all. As a foreign key's
-- check alone, at the end, it would refuse the tap.
--
-- Of a new event nothing can have been told. Of any other:
--
-- A notice that says something else and was not sent is cancelled. Whoever was told, or perhaps
-- told, something that is wrong now is told so: one correction for each notice. An arrival on its
-- own does not turn wrong because it is Late by a new limit. What was cancelled and is true again
-- is taken up again. What was told last, `created_at` says: by the clock, for a transaction that
-- began before another can have waited for it.
CREATE FUNCTION notifications_tell(
    plain text, correction text, of_event uuid, of_student uuid, on_day date, now_says text,
    is_new boolean
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM notifications_guardian WHERE student_id = of_student
        ORDER BY guardian_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;

    IF NOT is_new THEN
        UPDATE notifications_notice SET state = 'cancelled', reason = 'It was not true any more.'
        WHERE event_id = of_event AND state = 'pending' AND says <> now_says;

        INSERT INTO notifications_notice AS notice (
            notice_id, student_id, guardian_id, channel, kind, event_id, date, says, corrects_id,
            state, attempts, next_attempt_at, expires_at, may_have_arrived, recipient, subject, body,
            reason, created_at
        )
        SELECT gen_random_uuid(), of_student, told.guardian_id, told.channel, correction, of_event,
            on_day, now_says, told.notice_id, 'pending', 0, now(), now() + interval '7 days', false,
            '', '', '', '', clock_timestamp()
        FROM (
            SELECT DISTINCT ON (guardian_id, channel) notice_id, guardian_id, channel, says
            FROM notifications_notice
            WHERE event_id = of_event AND may_have_arrived AND guardian_id IS NOT NULL
            ORDER BY guardian_id, channel, created_at DESC
        ) AS told
        WHERE told.says <> now_says AND NOT (told.says = 'Present' AND now_says IN ('Late', 'Excused'))
        ON CONFLICT (corrects_id) WHERE corrects_id IS NOT NULL DO UPDATE SET
            says = excluded.says, state = 'pending', attempts = 0, reason = '',
            next_attempt_at = now(), expires_at = excluded.expires_at, created_at = excluded.created_at
            WHERE notice.state IN ('cancelled', 'failed');
    END IF;

    INSERT INTO notifications_notice AS notice (
        notice_id, student_id, guardian_id, channel, kind, event_id, date, says,
        state, attempts, next_attempt_at, expires_at, may_have_arrived, recipient, subject, body,
        reason, created_at
    )
    SELECT gen_random_uuid(), of_student, guardian.guardian_id, way, plain, of_event, on_day,
        now_says, 'pending', 0, now(),
        now() + CASE plain
            WHEN 'arrival' THEN interval '4 hours'
            WHEN 'late' THEN interval '1 day'
            ELSE interval '3 days' END,
        false, '', '', '', '', clock_timestamp()
    FROM notifications_guardian AS guardian CROSS JOIN unnest(guardian.channels) AS way
    WHERE guardian.student_id = of_student AND guardian.is_active AND plain = ANY(guardian.news)
        AND NOT EXISTS (
            SELECT FROM notifications_notice AS told
            WHERE told.event_id = of_event AND told.guardian_id = guardian.guardian_id
                AND told.channel = way AND told.may_have_arrived
                AND NOT (told.state = 'cancelled' AND told.says = now_says)
        )
    ON CONFLICT (event_id, guardian_id, channel, kind) WHERE corrects_id IS NULL DO UPDATE SET
        state = 'pending', attempts = 0, reason = '', next_attempt_at = now(),
        expires_at = excluded.expires_at, created_at = excluded.created_at
        WHERE notice.state = 'cancelled';
END $$;

-- An arrival is news for two hours, so that what was stored in a reader for longer tells nobody.
-- Absent is told of a closed day only, and for two days.
CREATE FUNCTION notifications_of_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plain text;
BEGIN
    IF NEW.status IN ('Present', 'Late') THEN
        IF NEW.attendance_time > now() - interval '2 hours' THEN
            plain := CASE NEW.status WHEN 'Present' THEN 'arrival' ELSE 'late' END;
        END IF;
    ELSIF NEW.status = 'Absent' AND NEW.date >= (now() - interval '2 days')::date
        AND EXISTS (SELECT FROM attendance_closedday WHERE date = NEW.date)
    THEN
        plain := 'absence';
    END IF;
    PERFORM notifications_tell(
        plain, 'attendance_correction', NEW.attendance_id, NEW.person_id, NEW.date, NEW.status,
        TG_OP = 'INSERT'
    );
    RETURN NULL;
END $$;

CREATE TRIGGER notifications_new_day AFTER INSERT ON attendance_attendance FOR EACH ROW
WHEN (
    NEW.attendance_time > now() - interval '2 hours'
    OR (NEW.status = 'Absent' AND NEW.date >= (now() - interval '2 days')::date)
) EXECUTE FUNCTION notifications_of_day();

CREATE TRIGGER notifications_changed_day AFTER UPDATE ON attendance_attendance FOR EACH ROW
WHEN (
    OLD.status <> NEW.status
    OR (OLD.attendance_time IS NULL AND NEW.attendance_time IS NOT NULL)
) EXECUTE FUNCTION notifications_of_day();

-- Who had been said to be Absent by an officer before the day was closed; the close itself writes
-- the others' rows afterwards.
CREATE FUNCTION notifications_of_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM notifications_tell(
        'absence', 'attendance_correction', attendance_id, person_id, date, status, false
    )
    FROM attendance_attendance WHERE date = NEW.date AND status = 'Absent'
    ORDER BY person_id;
    RETURN NULL;
END $$;

CREATE TRIGGER notifications_closed_day AFTER INSERT ON attendance_closedday FOR EACH ROW
WHEN (NEW.date >= (now() - interval '2 days')::date)
EXECUTE FUNCTION notifications_of_close();

-- What is recorded a week after it happened tells nobody.
CREATE FUNCTION notifications_of_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM notifications_tell(
        CASE WHEN TG_OP = 'INSERT' THEN 'incident' END,
        'incident_correction', NEW.discipline_id, NEW.student_id, NEW.date_of_incident,
        CASE WHEN NEW.voided_at IS NULL THEN 'Recorded' ELSE 'Voided' END,
        TG_OP = 'INSERT'
    );
    RETURN NULL;
END $$;

CREATE TRIGGER notifications_new_incident AFTER INSERT ON discipline_incident FOR EACH ROW
WHEN (NEW.voided_at IS NULL AND NEW.date_of_incident >= (now() - interval '7 days')::date)
EXECUTE FUNCTION notifications_of_incident();

CREATE TRIGGER notifications_voided_incident AFTER UPDATE ON discipline_incident FOR EACH ROW
WHEN (OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL)
EXECUTE FUNCTION notifications_of_incident();

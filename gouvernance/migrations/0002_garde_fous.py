"""Ce que la base refuse elle-même : toucher au journal, modifier une décision hors d'une séance ouverte."""

from django.db import migrations

REFUS = """
CREATE FUNCTION refuser_ecriture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'La table % est immuable : % refusé.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_immuable BEFORE UPDATE OR DELETE ON gouvernance_evenement
    FOR EACH ROW EXECUTE FUNCTION refuser_ecriture();
CREATE TRIGGER definition_adoptee_immuable BEFORE UPDATE OR DELETE ON gouvernance_definitionadoptee
    FOR EACH ROW EXECUTE FUNCTION refuser_ecriture();
"""
REFUS_RETOUR = """
DROP TRIGGER definition_adoptee_immuable ON gouvernance_definitionadoptee;
DROP TRIGGER journal_immuable ON gouvernance_evenement;
DROP FUNCTION refuser_ecriture();
"""

DECISION = """
CREATE FUNCTION decision_en_seance_ouverte() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE etat_seance text;
BEGIN
    SELECT etat INTO etat_seance FROM gouvernance_seance
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.seance_id ELSE NEW.seance_id END;
    IF etat_seance IS DISTINCT FROM 'ouverte' THEN
        RAISE EXCEPTION 'Une décision ne s’écrit que dans une séance ouverte.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER decision_en_seance BEFORE INSERT OR UPDATE OR DELETE ON gouvernance_decision
    FOR EACH ROW EXECUTE FUNCTION decision_en_seance_ouverte();
"""
DECISION_RETOUR = """
DROP TRIGGER decision_en_seance ON gouvernance_decision;
DROP FUNCTION decision_en_seance_ouverte();
"""


class Migration(migrations.Migration):
    dependencies = [("gouvernance", "0001_initial")]
    operations = [
        migrations.RunSQL(REFUS, REFUS_RETOUR),
        migrations.RunSQL(DECISION, DECISION_RETOUR),
    ]

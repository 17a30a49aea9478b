"""Commenter une fiche, répondre, citer quelqu'un, dire que c'est réglé ; et le courriel du jour."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections
from django.utils import timezone

from feuille_de_route import tasks
from feuille_de_route.dialogue import echanges, mentions
from feuille_de_route.dialogue.echanges import Mot
from feuille_de_route.models import Commentaire, EtatFiche, FicheAction, Mention
from gouvernance.models import Courriel, Etape, Evenement, Mandat, Role
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import CommentaireFactory, FicheFactory
from tests.feuille_de_route.saisies import adresse, envoi
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.robustesse.scene import mettre_a

TEXTE = "Et les communes sans médiateur ?"


@pytest.fixture
def proposee(fiche):
    FicheAction.objects.filter(pk=fiche.pk).update(etat=EtatFiche.PROPOSEE, proposee_le=timezone.now())
    fiche.refresh_from_db()
    return fiche


def ecrire(client, fiche, texte=TEXTE, **champs):
    donnees = {"texte": texte, "jeton": uuid4(), **champs}
    return client.post(adresse("fiche_commenter", fiche), donnees)


def page(client, fiche):
    return unescape(client.get(adresse("fiche_echanges", fiche)).content.decode())


@pytest.mark.parametrize(
    ("qui", "statut"),
    [
        ("coordination", 302), ("co_porteur", 302), ("porteur_epci", 302), ("elu", 302), ("cotech", 302),
        ("partenaire", 302), ("tierce", 302), ("lecture", 403), ("administration", 403), ("dehors", 404),
    ],
)  # fmt: skip
def test_qui_voit_la_fiche_la_commente_sauf_qui_ne_fait_que_lire(client, proposee, gens, qui, statut):
    client.force_login(gens[qui])
    reponse = ecrire(client, proposee)
    assert reponse.status_code == statut
    assert Commentaire.objects.count() == (statut == 302)
    if statut == 403:
        assert "Votre rôle ne permet pas de commenter les fiches actions." in unescape(
            reponse.content.decode()
        )


def test_un_lecteur_lit_les_echanges_et_sait_pourquoi_il_n_y_ecrit_pas(client, proposee, gens):
    CommentaireFactory(fiche=proposee, cree_par=gens["elu"], texte=TEXTE)
    client.force_login(gens["lecture"])
    dit = page(client, proposee)
    assert TEXTE in dit
    assert "Votre rôle ne permet pas de commenter" in dit
    assert "<textarea" not in dit
    assert "Répondre" not in dit


def test_un_brouillon_que_l_on_ne_voit_pas_n_a_pas_d_echanges(client, fiche, gens):
    client.force_login(gens["elu"])
    assert client.get(adresse("fiche_echanges", fiche)).status_code == 404
    assert ecrire(client, fiche).status_code == 404
    with pytest.raises(PermissionDenied):
        echanges.commenter(fiche, Mot("Bonjour"), par=gens["elu"])


@pytest.mark.parametrize("etape", [Etape.SIGNEE, Etape.CLOSE])
def test_on_commente_encore_apres_la_signature(client, proposee, gens, etape):
    mettre_a(proposee.demarche, etape)
    client.force_login(gens["elu"])
    assert ecrire(client, proposee).status_code == 302


def test_une_demarche_abandonnee_ne_se_commente_plus_et_le_texte_n_est_pas_perdu(client, proposee, gens):
    mettre_a(proposee.demarche, Etape.ABANDONNEE)
    client.force_login(gens["elu"])
    reponse = ecrire(client, proposee)
    assert reponse.status_code == 422
    assert TEXTE in unescape(reponse.content.decode())
    assert "abandonnée" in reponse.content.decode()


def test_un_double_clic_ne_commente_qu_une_fois(client, proposee, gens):
    client.force_login(gens["elu"])
    jeton = uuid4()
    for _ in range(2):
        assert ecrire(client, proposee, jeton=jeton).status_code == 302
    assert Commentaire.objects.count() == 1
    assert Evenement.objects.get(action="commenter").objet_id == str(proposee.pk)


def test_le_html_d_un_commentaire_ne_s_execute_pas(client, proposee, gens):
    client.force_login(gens["elu"])
    piege = '<script>alert(1)</script><img src=x> https://a.fr/"onmouseover=alert(1) javascript:alert(1)'
    ecrire(client, proposee, piege)
    for nom in ("fiche_echanges", "fiche"):
        brut = client.get(adresse(nom, proposee)).content.decode()
        assert "&lt;script&gt;" in brut
        for mauvais in ("<script>alert", "<img src=x", '"onmouseover', 'href="javascript'):
            assert mauvais not in brut


# Citer
def nommer(personne, prenom, nom):
    personne.prenom, personne.nom = prenom, nom
    personne.save()
    return personne


def cites():
    return set(Mention.objects.values_list("utilisateur__nom", flat=True))


@pytest.mark.parametrize(
    ("texte", "attendus"),
    [
        ("@Hélène Dûment, qu’en dites-vous ?", {"Dûment"}),
        ("Voir avec @dument et (@PAUL)", {"Dûment", "Roux-Petit"}),
        ("« @Paul Roux-Petit » doit relire le budget", {"Roux-Petit"}),
        ("Écrire à helene@dument.fr ou passer à 14h@mairie", set()),
    ],
)
def test_le_nom_apres_une_arobase_designe_la_personne(client, proposee, gens, texte, attendus):
    nommer(gens["cotech"], "Hélène", "Dûment")
    nommer(gens["coordination"], "Paul", "Roux-Petit")
    client.force_login(gens["elu"])
    assert ecrire(client, proposee, texte).status_code == 302
    assert cites() == attendus


def test_sans_javascript_une_case_suffit(client, proposee, gens):
    client.force_login(gens["elu"])
    ecrire(client, proposee, mentions=[gens["cotech"].pk, gens["coordination"].pk])
    assert cites() == {gens["cotech"].nom, gens["coordination"].nom}
    assert f"À l’attention de {gens['coordination']}" in page(client, proposee)


def test_deux_personnes_du_meme_nom_se_departagent(client, proposee, gens):
    nommer(gens["cotech"], "Anne", "Martin")
    nommer(gens["coordination"], "Luc", "Martin")
    client.force_login(gens["elu"])
    refus = ecrire(client, proposee, "Selon @Martin, non.")
    assert refus.status_code == 422
    assert "peut désigner Luc Martin et Anne Martin" in unescape(
        refus.content.decode()
    ) or "peut désigner Anne Martin et Luc Martin" in unescape(refus.content.decode())
    assert "Selon @Martin, non." in refus.content.decode()
    ecrire(client, proposee, "Selon @Martin, non.", mentions=[gens["cotech"].pk])
    assert Mention.objects.get().utilisateur == gens["cotech"]


def test_un_nom_inconnu_n_empeche_pas_d_ecrire_et_se_dit(client, proposee, gens):
    client.force_login(gens["elu"])
    reponse = client.post(
        adresse("fiche_commenter", proposee), {"texte": "@Dupond viendra", "jeton": uuid4()}, follow=True
    )
    assert "« @Dupond » ne désigne personne" in unescape(reponse.content.decode())
    assert Commentaire.objects.exists()


def test_on_ne_previent_que_ceux_qui_voient_la_fiche(client, fiche, gens):
    """La fiche est un brouillon : l'élue et la partenaire d'une autre structure n'y ont pas accès."""
    client.force_login(gens["partenaire"])
    formulaire = client.get(adresse("fiche_echanges", fiche)).context["formulaire"]
    assert set(formulaire.gens) == {gens[q] for q in ("coordination", "co_porteur", "porteur_epci")}
    assert ecrire(client, fiche, mentions=[gens["elu"].pk]).status_code == 422
    echanges.commenter(fiche, Mot("Bonjour", [gens["elu"], gens["partenaire"]]), par=gens["partenaire"])
    assert not Mention.objects.exists(), "la règle ne se fie pas à la page, et ne prévient pas qui écrit"


@pytest.mark.parametrize("etat", [EtatFiche.BROUILLON, EtatFiche.PROPOSEE])
def test_lecteurs_et_visibles_par_disent_la_meme_chose(fiche, gens, etat):
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, proposee_le=timezone.now())
    fiche.refresh_from_db()
    mandates = [g for g in gens.values() if Mandat.objects.filter(utilisateur=g).exists()]
    voient = {g for g in mandates if FicheAction.objects.visibles_par(g).filter(pk=fiche.pk).exists()}
    assert set(echanges.lecteurs(fiche)) == voient
    assert (len(voient) == len(mandates)) == (etat == EtatFiche.PROPOSEE)


# Répondre, corriger, résoudre
@pytest.fixture
def fil(proposee, gens):
    return CommentaireFactory(fiche=proposee, cree_par=gens["elu"], texte=TEXTE)


def repondre(client, fil, texte="Oui, dès 2027."):
    url = adresse("fiche_repondre", fil.fiche, fil.uuid)
    return client.post(url, {"texte": texte, "jeton": uuid4()})


def corriger(client, mot, **champs):
    url = adresse("fiche_commentaire_corriger", mot.fiche, mot.uuid)
    ouverte = client.get(url)
    if ouverte.status_code != 200:
        return ouverte
    return client.post(url, envoi(ouverte.context["formulaire"], **champs))


def agir(client, fil, acte):
    return client.post(adresse("fiche_fil_agir", fil.fiche, fil.uuid, acte), follow=True)


def test_une_reponse_a_une_reponse_reste_dans_le_fil(client, fil, gens):
    client.force_login(gens["partenaire"])
    repondre(client, fil)
    reponse = fil.reponses.get()
    repondre(client, reponse, "Et en 2028 aussi.")
    assert fil.reponses.count() == 2
    dit = page(client, fil.fiche)
    assert dit.index(TEXTE) < dit.index("dès 2027") < dit.index("en 2028")


def test_on_corrige_son_mot_tant_que_personne_n_a_repondu(client, fil, gens):
    client.force_login(gens["elu"])
    assert "Corriger mon commentaire" in page(client, fil.fiche)
    assert corriger(client, fil, texte="Et les communes rurales ?").status_code == 302
    fil.refresh_from_db()
    assert fil.texte == "Et les communes rurales ?"
    ligne = Evenement.objects.get(action="corriger un commentaire")
    assert (ligne.de, ligne.vers) == (TEXTE, "Et les communes rurales ?")
    client.force_login(gens["partenaire"])
    repondre(client, fil)
    client.force_login(gens["elu"])
    assert "Corriger mon commentaire" not in page(client, fil.fiche)
    refus = corriger(client, fil, texte="Autre chose")
    assert refus.status_code == 422
    assert "Quelqu’un a répondu depuis" in unescape(refus.content.decode())
    assert "Autre chose" in refus.content.decode()


@pytest.mark.parametrize("qui", ["coordination", "partenaire", "administration", "lecture"])
def test_on_ne_corrige_pas_le_mot_d_un_autre(client, fil, gens, qui):
    client.force_login(gens[qui])
    assert corriger(client, fil).status_code == 403
    with pytest.raises((PermissionDenied, ValidationError)):
        echanges.corriger(fil, Mot("Pirate"), version=1, par=gens[qui])


def test_deux_corrections_a_la_fois_montrent_les_deux_textes(client, fil, gens):
    client.force_login(gens["elu"])
    url = adresse("fiche_commentaire_corriger", fil.fiche, fil.uuid)
    premiere = envoi(client.get(url).context["formulaire"], texte="Une")
    seconde = envoi(client.get(url).context["formulaire"], texte="Deux")
    assert client.post(url, premiere).status_code == 302
    conflit = client.post(url, seconde)
    assert conflit.status_code == 409
    assert "Une" in conflit.content.decode()
    assert "Deux" in conflit.content.decode()


RESOLVENT = {"coordination", "co_porteur", "porteur_epci", "cotech", "partenaire", "elu"}  # l'élue : le sien


@pytest.mark.parametrize("qui", ["coordination", "cotech", "partenaire", "elu", "tierce", "lecture"])
def test_qui_resout_qui_rouvre(client, fil, gens, qui):
    client.force_login(gens[qui])
    reponse = agir(client, fil, "resoudre")
    fil.refresh_from_db()
    assert (reponse.status_code == 200) == (fil.resolu_par == gens[qui]) == (qui in RESOLVENT)
    Commentaire.objects.filter(pk=fil.pk).update(resolu_le=timezone.now(), resolu_par=gens["elu"])
    assert ("Rouvrir" in page(client, fil.fiche)) == (qui in RESOLVENT)
    agir(client, fil, "rouvrir")
    fil.refresh_from_db()
    assert (fil.resolu_le is None) == (qui in RESOLVENT)


def test_un_fil_resolu_n_attend_plus_de_reponse(client, fil, gens):
    client.force_login(gens["coordination"])
    agir(client, fil, "resoudre")
    assert "déjà résolu" in unescape(agir(client, fil, "resoudre").content.decode())
    refus = repondre(client, fil)
    assert refus.status_code == 422
    assert "rouvrez-le pour y répondre" in unescape(refus.content.decode())
    assert "Oui, dès 2027." in refus.content.decode()
    dit = page(client, fil.fiche)
    assert "1 fil résolu" in dit
    assert f"Résolu par {gens['coordination']}" in dit
    actions = set(Evenement.objects.values_list("action", flat=True))
    assert actions == {"résoudre un commentaire"}


def test_la_fiche_dit_ce_qui_reste_ouvert(client, fil, gens):
    CommentaireFactory(fiche=fil.fiche, cree_par=gens["elu"], resolu=True)
    client.force_login(gens["coordination"])
    dit = unescape(client.get(adresse("fiche", fil.fiche)).content.decode())
    assert "1 fil ouvert" in dit
    assert "1 résolu" in dit
    assert TEXTE in dit


# Le courriel du jour
def citer(fiche, gens, *qui, par="elu", texte=TEXTE):
    return echanges.commenter(fiche, Mot(texte, [gens[q] for q in qui]), par=gens[par])


def partis(personne=None):
    lettres = Courriel.objects.filter(genre=mentions.GENRE).order_by("pk")
    return list(lettres.filter(destinataire=personne.email) if personne else lettres)


def test_deux_mentions_font_un_courriel_et_la_suivante_attend_demain(proposee, gens):
    jour = timezone.localdate()
    citer(proposee, gens, "cotech")
    citer(proposee, gens, "cotech", "coordination", par="partenaire", texte="Et le budget ?")
    assert mentions.prevenir(jour) == 2
    (lettre,) = partis(gens["cotech"])
    assert "2 commentaires" in lettre.sujet
    assert TEXTE in lettre.corps
    assert "Et le budget ?" in lettre.corps
    citer(proposee, gens, "cotech", texte="Encore une chose")
    assert mentions.prevenir(jour) == 0
    assert Mention.objects.filter(prevenue_le=None).count() == 1, "elle n'est pas perdue"
    assert mentions.prevenir(jour + timedelta(days=1)) == 1
    assert "Encore une chose" in partis(gens["cotech"])[1].corps
    assert mentions.prevenir(jour + timedelta(days=2)) == 0


def test_le_lien_du_courriel_mene_au_commentaire(client, proposee, gens):
    mot = citer(proposee, gens, "cotech")
    mentions.prevenir()
    (lettre,) = partis()
    assert f"{adresse('fiche_echanges', proposee)}#commentaire-{mot.uuid}" in lettre.corps
    client.force_login(gens["cotech"])
    assert f'id="commentaire-{mot.uuid}"' in client.get(adresse("fiche_echanges", proposee)).content.decode()
    assert str(gens["elu"]) in lettre.sujet
    assert proposee.titre in lettre.sujet


def test_qui_n_est_plus_la_ne_recoit_rien(proposee, gens):
    citer(proposee, gens, "cotech", "coordination", "tierce")
    Mandat.objects.filter(utilisateur=gens["cotech"]).delete()
    gens["coordination"].is_active = False
    gens["coordination"].save()
    FicheAction.objects.filter(pk=proposee.pk).update(etat=EtatFiche.BROUILLON)  # tierce ne la voit plus
    assert mentions.prevenir() == 0
    assert partis() == []


def test_retirer_une_mention_avant_le_courriel_la_defait(client, proposee, gens):
    mot = citer(proposee, gens, "cotech")
    client.force_login(gens["elu"])
    assert corriger(client, mot, mentions=[]).status_code == 302
    assert mentions.prevenir() == 0
    mot.refresh_from_db()
    citer_de_nouveau = [gens["cotech"].pk, gens["coordination"].pk]
    corriger(client, mot, mentions=citer_de_nouveau)
    assert mentions.prevenir() == 2


@pytest.mark.parametrize("combien", [1, 12])
def test_les_echanges_ne_coutent_pas_plus_quand_ils_sont_nombreux(
    client, proposee, gens, combien, compter_requetes
):
    for rang in range(combien):
        fil = CommentaireFactory(fiche=proposee, cree_par=compte(), mentions=[gens["cotech"], gens["elu"]])
        CommentaireFactory(fiche=proposee, cree_par=compte(), parent=fil)
        CommentaireFactory(fiche=proposee, cree_par=gens["elu"], resolu=bool(rang % 2))
        MandatFactory(demarche=proposee.demarche, utilisateur=compte(), role=Role.ELU)
    client.force_login(gens["coordination"])
    assert compter_requetes(adresse("fiche_echanges", proposee)) <= 10


@pytest.mark.parametrize(("heure", "attendus"), [(6, 0), (7, 1), (19, 1), (20, 0)])
def test_l_horloge_ne_previent_pas_la_nuit(proposee, gens, monkeypatch, heure, attendus):
    citer(proposee, gens, "cotech")
    fixe = timezone.localtime().replace(hour=heure)
    monkeypatch.setattr(tasks.timezone, "localtime", lambda *_: fixe)
    assert settings.CELERY_BEAT_SCHEDULE["mentions"]["task"] == tasks.prevenir_des_mentions.name
    tasks.prevenir_des_mentions()
    assert len(partis()) == attendus


# Plusieurs à la fois
def ensemble(nombre, acte):
    depart = Barrier(nombre)

    def dans_un_fil(rang):
        depart.wait()
        try:
            return acte(rang)
        except ValidationError:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(nombre) as fils:
        return list(fils.map(dans_un_fil, range(nombre)))


@pytest.mark.django_db(transaction=True)
def test_a_plusieurs_un_fil_ne_se_resout_qu_une_fois_et_rien_ne_se_perd():
    fil = CommentaireFactory(fiche__demarche__etape=Etape.PLAN_ACTIONS, cree_par=compte())
    ensemble(4, lambda rang: echanges.commenter(fil.fiche, Mot(f"Réponse {rang}"), par=None, fil=fil))
    assert fil.reponses.count() == 4
    ensemble(4, lambda _: echanges.resoudre(fil, par=None))
    assert Evenement.objects.filter(action="résoudre un commentaire").count() == 1


@pytest.mark.django_db(transaction=True)
def test_deux_travailleurs_n_ecrivent_qu_un_courriel():
    demarche = DemarcheFactory(etape=Etape.PLAN_ACTIONS)
    elue = MandatFactory(demarche=demarche, role=Role.ELU, utilisateur=compte()).utilisateur
    fiche = FicheFactory(demarche=demarche, proposee=True)
    for _ in range(3):
        CommentaireFactory(fiche=fiche, mentions=[elue])
    assert sum(ensemble(4, lambda _: mentions.prevenir())) == 1
    assert Courriel.objects.filter(genre=mentions.GENRE).count() == 1
    assert not Mention.objects.filter(prevenue_le=None).exists()

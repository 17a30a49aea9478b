"""Inviter, renvoyer, annuler ; et, du côté de la personne invitée, lire puis accepter."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gouvernance.acces.cles import LienPerime
from gouvernance.arrivees import invitations
from gouvernance.arrivees.invitations import Identite
from gouvernance.comptes.entree import entrer, prevenir
from gouvernance.comptes.forms import FormulaireAcceptation, FormulaireAccord, FormulaireInvitation
from gouvernance.comptes.views.liens import lien_perime
from gouvernance.models import Courriel, Invitation, Moyen, Role, Utilisateur
from gouvernance.permissions import ADMINISTRATION
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir_une_fois, ouvrir, rattacher, traiter, une_fois

ACTES = {
    "renvoyer": (invitations.renvoyer, "L’invitation est renvoyée : quatorze jours pour y répondre."),
    "annuler": (invitations.annuler, "L’invitation est annulée : son lien ne vaut plus."),
}


def page(request: HttpRequest, uuid) -> HttpResponse:
    """Inviter quelqu'un, et voir qui n'a pas encore répondu."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("cadrer")

    def ecrire(formulaire):
        une_fois(formulaire, request.user, lambda: invitations.inviter(formulaire.instance, par=request.user))
        _prevenir(formulaire.instance)

    coordination = bool(acces.roles & {Role.COORDINATION, ADMINISTRATION})
    saisie = Saisie(
        FormulaireInvitation(
            request.POST or None, instance=Invitation(demarche=demarche), demarche=demarche,
            coordination=coordination,
        ),
        ecrire,
        reverse("invitations", args=[uuid]),
        "comptes/invitations.html",
        {
            "demarche": demarche, "acces": acces, "page": "Inviter", "coordination": coordination,
            "en_cours": [(lue, uuid4()) for lue in invitations.en_cours(demarche)],
        },
        "L’invitation est envoyée.",
    )  # fmt: skip
    return traiter(request, saisie)


@require_POST
def agir_sur(request: HttpRequest, uuid, invitation, action: str) -> HttpResponse:
    if action not in ACTES:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    invitation = get_object_or_404(Invitation, demarche=demarche, uuid=invitation)
    regle, succes = ACTES[action]

    def acte():
        regle(invitation, par=request.user)
        _prevenir(invitation)

    return agir_une_fois(request, acte, reverse("invitations", args=[uuid]), succes)


def _prevenir(invitation: Invitation) -> None:
    prevenir(Courriel.objects.a_faire().filter(objet_lie=invitation.uuid))


@login_not_required
@never_cache
def invitation(request: HttpRequest, jeton: str) -> HttpResponse:
    """La page du lien : GET montre qui invite et à quoi, et n'use rien ; POST accepte."""
    return _repondre(request, lambda: invitations.lire(jeton))


@login_not_required
@never_cache
def invitation_prouvee(request: HttpRequest) -> HttpResponse:
    """La même, pour qui a donné le code, ou prouvé son adresse par ProConnect."""
    return _repondre(request, lambda: invitations.lire_par_uuid(request.session.get("invitation")))


def _repondre(request: HttpRequest, lire) -> HttpResponse:
    try:
        return (_accepter if request.method == "POST" else lecture_seule(_montrer))(request, lire())
    except LienPerime as perime:
        if (deja := request.session.get("acceptee")) and request.method == "POST":  # un second clic
            return redirect("demarche", uuid=deja)
        return lien_perime(request, perime.message)


def _formulaire(request: HttpRequest, lue: Invitation):
    """Un bouton si le compte existe ; sinon un nom et, si l'on veut, un mot de passe."""
    donnees = request.POST if request.method == "POST" else None
    if Utilisateur.objects.filter(email=lue.email).exists():
        return FormulaireAccord(donnees)
    return FormulaireAcceptation(donnees, email=lue.email, initial={"prenom": lue.prenom, "nom": lue.nom})


def _montrer(request: HttpRequest, lue: Invitation, formulaire=None) -> HttpResponse:
    contexte = {
        "invitation": lue,
        "formulaire": formulaire or _formulaire(request, lue),
        "autre_compte": request.user.is_authenticated and request.user.email != lue.email,
    }
    return render(request, "comptes/invitation.html", contexte, status=422 if formulaire else 200)


def _accepter(request: HttpRequest, lue: Invitation) -> HttpResponse:
    formulaire = _formulaire(request, lue)
    if request.user.is_authenticated and request.user.email != lue.email:
        formulaire.add_error(None, "Vous êtes connecté avec un autre compte : déconnectez-vous d’abord.")
    if not formulaire.is_valid():
        return _montrer(request, lue, formulaire)
    dits = {champ: formulaire.cleaned_data.get(champ, "") for champ in Identite._fields}
    try:
        acceptee = invitations.accepter(lue, Identite(**dits))
    except LienPerime:
        raise
    except ValidationError as erreur:
        rattacher(formulaire, erreur)
        return _montrer(request, lue, formulaire)
    return _entrer(request, acceptee, neuf=isinstance(formulaire, FormulaireAcceptation))


def _entrer(request: HttpRequest, acceptee: Invitation, *, neuf: bool) -> HttpResponse:
    """Un compte neuf entre aussitôt ; un compte qui existait se connecte comme d'habitude."""
    demarche = reverse("demarche", args=[acceptee.demarche.uuid])
    role = acceptee.get_role_display()
    request.session.pop("invitation", None)
    if neuf:
        entrer(request, acceptee.utilisateur, Moyen.LIEN)
    messages.success(request, f"C’est fait : vous avez le rôle « {role} » dans « {acceptee.demarche} ».")
    if neuf or request.user == acceptee.utilisateur:
        request.session["acceptee"] = str(acceptee.demarche.uuid)
        return redirect(demarche)
    request.session["email"] = acceptee.email
    return redirect(f"{reverse('connexion')}?next={demarche}")

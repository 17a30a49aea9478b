"""Se connecter, se déconnecter, changer de mot de passe : les vues de Django, nos formulaires."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse_lazy

from gouvernance.acces import sessions
from gouvernance.acces.sessions import FINS
from gouvernance.comptes.entree import entrer, essais_comptes, preuve_fraiche, suite
from gouvernance.comptes.forms import FormulaireConnexion, FormulaireMotDePasse, FormulaireNouveauMotDePasse
from gouvernance.comptes.proconnect.etat import adresse_de_fin, en_service
from gouvernance.models import Evenement, Moyen


class Connexion(LoginView):
    authentication_form = FormulaireConnexion
    template_name = "comptes/connexion.html"
    redirect_authenticated_user = True

    def get_initial(self):
        return {"username": self.request.session.get("email", "")}

    def get_context_data(self, **contexte):
        finie = FINS.get(self.request.session.pop("session_finie", ""), "")
        proconnect = en_service()
        voulue = suite(self.request)
        return super().get_context_data(fin=finie, proconnect=proconnect, suite=voulue, **contexte)

    def get_success_url(self):
        """`?next=/connexion/`, pour qui est déjà entré, tournerait en rond."""
        voulue = super().get_success_url()
        return str(reverse_lazy("accueil")) if voulue == self.request.path else voulue

    def form_valid(self, form):
        entrer(self.request, form.get_user(), Moyen.MOT_DE_PASSE)
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


class Deconnexion(LogoutView):
    """Ferme la session ; celle de ProConnect avec elle, si l'on est entré par là."""

    def post(self, request, *args, **kwargs):
        fin = adresse_de_fin(request)
        reponse = super().post(request, *args, **kwargs)
        return HttpResponseRedirect(fin) if fin else reponse


class MotDePasse(PasswordChangeView):
    """On donne l'ancien, sauf si l'on vient d'entrer par un lien reçu à son adresse, ou par ProConnect."""

    template_name = "comptes/mot_de_passe.html"
    success_url = reverse_lazy("accueil")

    def get_form_class(self):
        ouverte = self.request.session_ouverte
        par_lien = ouverte.moyen != Moyen.MOT_DE_PASSE and preuve_fraiche(self.request)
        return FormulaireNouveauMotDePasse if par_lien else FormulaireMotDePasse

    def get_form(self, form_class=None):
        formulaire = super().get_form(form_class)
        formulaire.request = self.request
        return formulaire

    def get_context_data(self, **contexte):
        contexte = super().get_context_data(**contexte)
        contexte["sans_mot_de_passe"] = not self.request.user.has_usable_password()
        contexte["ancien"] = "old_password" in contexte["form"].fields
        contexte["suite"] = self.request.path
        return contexte

    @transaction.atomic
    def form_valid(self, form):
        reponse = super().form_valid(form)
        compte = self.request.user
        sessions.fermer_toutes(compte, sauf=self.request.session.session_key)
        Evenement.consigner(compte, "changer de mot de passe", par=compte)
        messages.success(self.request, "Votre mot de passe est changé, et vos autres sessions sont fermées.")
        return reponse

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


connexion = essais_comptes(Connexion.as_view())
deconnexion = login_not_required(Deconnexion.as_view())
mot_de_passe = essais_comptes(MotDePasse.as_view())

"""Se connecter, se déconnecter, changer de mot de passe : les vues de Django, nos formulaires."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.urls import reverse_lazy

from gouvernance.comptes.forms import FormulaireConnexion, FormulaireMotDePasse
from gouvernance.models import Evenement


class Connexion(LoginView):
    authentication_form = FormulaireConnexion
    template_name = "comptes/connexion.html"
    redirect_authenticated_user = True

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


class MotDePasse(PasswordChangeView):
    form_class = FormulaireMotDePasse
    template_name = "comptes/mot_de_passe.html"
    success_url = reverse_lazy("accueil")

    @transaction.atomic
    def form_valid(self, form):
        Evenement.consigner(self.request.user, "changer de mot de passe", par=self.request.user)
        messages.success(self.request, "Votre mot de passe est changé.")
        return super().form_valid(form)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


connexion = Connexion.as_view()
deconnexion = login_not_required(LogoutView.as_view())
mot_de_passe = MotDePasse.as_view()

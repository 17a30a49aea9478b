"""« Mes sessions » : où l'on est connecté, et fermer ce que l'on ne reconnaît pas."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from gouvernance.acces import sessions
from gouvernance.socle.vues import lecture_seule


@lecture_seule
def mes_sessions(request: HttpRequest) -> HttpResponse:
    contexte = {"sessions": sessions.de(request.user), "celle_ci": request.session_ouverte.pk}
    return render(request, "comptes/sessions.html", contexte)


@require_POST
def session_fermer(request: HttpRequest) -> HttpResponse:
    """`session` : l'une des siennes, ou « autres » ; celle d'un autre compte n'est pas trouvée."""
    voulue = request.POST.get("session", "")
    miennes = request.user.sessions.all()
    if voulue == "autres":
        choisies = miennes.exclude(pk=request.session_ouverte.pk)
    else:
        choisies = miennes.filter(pk=int(voulue) if voulue.isdecimal() and len(voulue) < 18 else 0)
    nombre = sessions.fermer_a_la_main(choisies, par=request.user)
    messages.success(request, "C’est fermé." if nombre else "Cette session était déjà fermée.")
    return redirect("sessions")

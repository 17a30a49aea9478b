"""Agir à plusieurs au même instant : chacun son fil, sa connexion, son navigateur."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections
from django.test import Client


def copie(navigateur: Client) -> Client:
    """Un autre navigateur, la même session ouverte."""
    client = Client()
    client.cookies = navigateur.cookies.copy()
    return client


def ensemble(nombre: int, acte: Callable) -> list:
    """Lance `acte(rang)` dans autant de fils, et rend leurs résultats."""

    def dans_un_fil(rang):
        try:
            return acte(rang)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(nombre) as fils:
        return list(fils.map(dans_un_fil, range(nombre)))


def poster_ensemble(navigateur: Client, url: str, envois: list[dict]) -> list[int]:
    """Les envois partent à la même seconde, de la même session ; rend leurs statuts."""
    clients, barriere = [copie(navigateur) for _ in envois], Barrier(len(envois), timeout=30)

    def poster(rang):
        barriere.wait()
        return clients[rang].post(url, envois[rang]).status_code

    return ensemble(len(envois), poster)
